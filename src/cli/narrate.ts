import readline from 'node:readline';
import {escapeText} from '../common/escape.js';
import {messages} from '../i18n/index.js';
import type {KeeperClient} from '../keeper/client.js';
import type {SessionEvent} from '../session/events.js';
import type {CommandContext} from './context.js';
import {jsonText} from './json.js';

/**
 * Follows a session on a plain terminal: progress on stderr, with `--json --step` each event as a line on
 * stdout, and at each gate a question. Ctrl-C asks for an abort once; a second one leaves at once.
 */
export async function narrate(
	context: CommandContext,
	client: KeeperClient,
	stepping: boolean,
): Promise<() => void> {
	const {stderr, json, stdout} = context;
	const answers = new Answers(context);
	// What happened before we came is told first; it is not for this command's reader. The outcome is the last that is.
	let isTold = false;
	const onEvent = (event: SessionEvent) => {
		if (!isTold) return;
		if (json) {
			if (stepping) stdout.write(`${jsonText(event)}\n`);
		} else print(event, stderr);
		if (event.type === 'stage-reached' && event.gate) void ask(event);
	};
	const ask = async (event: SessionEvent & {type: 'stage-reached'}) => {
		const answer = await answers.next(event);
		if (answer === 'continue-all') client.continueAll();
		else await client.decide(answer).catch(() => {}); // the operation's own failure is reported by its caller
	};
	const onInterrupt = () => client.interrupt();
	process.once('SIGINT', onInterrupt);
	await client.subscribe(onEvent);
	isTold = true;
	return () => {
		isTold = false;
		process.removeListener('SIGINT', onInterrupt);
		answers.close();
	};
}

function print(event: SessionEvent, stderr: NodeJS.WriteStream): void {
	const text = messages().cli;
	if (event.type === 'stage-reached') {
		stderr.write(`${text.stage(escapeText(event.stage), event.ms.toFixed(1))}\n`);
		if (event.commitPoint && event.gate && event.operation === 'freeze')
			stderr.write(`  ${text.step.commitPoint}\n`);
	} else if (event.type === 'progress') {
		const sentence = text.progress[event.step]?.(escapeText(event.detail)) ?? event.step;
		stderr.write(`  ${sentence}\n`);
	} else if (event.type === 'unit') {
		stderr.write(`  ${escapeText(messages().unit.changes[event.change](event.unit, event.pid))}\n`);
	} else if (event.type === 'warning') {
		stderr.write(`  ${warningText(event)}\n`);
	}
}

export function warningText({
	warning,
	params,
}: {
	warning: string;
	params: Record<string, string | number>;
}): string {
	return escapeText(messages().cli.warnings[warning]?.(params) ?? `${warning} ${JSON.stringify(params)}`);
}

type Answer = 'continue' | 'abort' | 'continue-all';

/** Reads the operator's answers, one line each, from a terminal or a pipe. The end of the input means abort. */
class Answers {
	readonly #context: CommandContext;
	#lines: readline.Interface | undefined;
	#iterator: AsyncIterator<string> | undefined;

	constructor(context: CommandContext) {
		this.#context = context;
	}

	async next({stage, abortable}: {stage: string; abortable: boolean}): Promise<Answer> {
		const {stdin, stderr} = this.#context;
		const text = messages().cli.step;
		this.#lines ??= readline.createInterface({input: stdin});
		this.#iterator ??= this.#lines[Symbol.asyncIterator]();
		for (;;) {
			stderr.write(text.question(escapeText(stage), abortable));
			const {value, done} = await this.#iterator.next();
			if (done) return abortable ? 'abort' : 'continue';
			const answer = meaning(value.trim().toLowerCase());
			if (answer && (abortable || answer !== 'abort')) return answer;
			stderr.write(`${abortable ? text.answers : text.answersNoAbort}\n`);
		}
	}

	close(): void {
		this.#lines?.close();
	}
}

function meaning(word: string): Answer | undefined {
	if (['', 'n', 'next'].includes(word)) return 'continue';
	if (['c', 'continue'].includes(word)) return 'continue-all';
	if (['a', 'abort'].includes(word)) return 'abort';
	return undefined;
}
