import {escapeText} from '../../common/escape.js';
import {Fault} from '../../common/fault.js';
import {messages} from '../../i18n/index.js';
import type {HoldWhat} from '../../session/preflight/preflight.js';
import {type Begun, begin} from '../begin.js';
import type {Command, CommandContext} from '../context.js';
import {describeFreeze} from '../describe.js';
import {narrate} from '../narrate.js';
import {printJson} from '../report.js';

export interface FreezeCommandOptions {
	target: string;
	output?: string;
	whileFrozen: 'queue' | 'refuse';
	portable?: boolean;
	hold?: HoldWhat;
	step?: boolean;
	leaveRunning?: boolean;
	verifyMemory?: boolean;
	capture?: boolean;
}

export const run: Command<FreezeCommandOptions> = async (context, options) => {
	const begun = await start(context, options);
	const stop = await narrate(context, begun.client, options.step ?? false);
	try {
		const result = await attempt(context, begun, () => begun.client.freeze(begun.options));
		if (context.json) printJson(context, result);
		else context.stdout.write(describeFreeze(context, begun.title, result, options.leaveRunning ?? false));
		return 0;
	} finally {
		stop();
		begun.client.close();
	}
};

/** From the options of the command line to a keeper that is ready to freeze. */
export function start(context: CommandContext, options: FreezeCommandOptions): Promise<Begun> {
	return begin(context, options.target, {
		stepping: options.step ?? false,
		portable: options.portable ?? false,
		hold: options.hold ?? 'needed',
		leaveRunning: options.leaveRunning ?? false,
		verifyMemory: options.verifyMemory ?? false,
		capture: options.capture ?? false,
		policy: options.whileFrozen,
		...(options.output === undefined ? {} : {output: options.output}),
	});
}

/**
 * Runs the operation that begins with this freeze. A checkpoint that came to nothing on purpose is not kept;
 * one whose log says why is, and so is one that is frozen.
 */
export async function attempt<T>(
	context: CommandContext,
	begun: Begun,
	operation: () => Promise<T>,
): Promise<T> {
	if (!context.json)
		context.stderr.write(`${escapeText(messages().cli.freeze.begin(begun.title, begun.options.pid))}\n`);
	try {
		return await operation();
	} catch (error) {
		if (error instanceof Fault && cameToNothing(error)) {
			begun.client.close();
			begun.discard();
		}
		throw error;
	}
}

/** Nothing happened, or the process runs on because somebody wanted it so. */
export function cameToNothing({code, processState}: Fault): boolean {
	return processState === 'untouched' || (code === 'aborted' && processState === 'running');
}
