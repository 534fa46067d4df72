import type {Sent} from '../../checkpoint/move/remote/send.js';
import {send} from '../../checkpoint/move/remote/send.js';
import {isHost, SshConnection} from '../../checkpoint/move/remote/ssh.js';
import {CheckpointStore} from '../../checkpoint/store.js';
import {escapeText} from '../../common/escape.js';
import {Fault} from '../../common/fault.js';
import {messages} from '../../i18n/index.js';
import type {Command} from '../context.js';
import {interruptible} from '../move/interruptible.js';
import {megabytes, progressLine} from '../move/progress-line.js';
import {printJson} from '../report.js';
import {titleOf} from './thaw.js';

export interface SendCommandOptions {
	checkpoint: string;
	host: string;
	sshOption: string[];
	remoteCommand: string;
}

/** Moves a frozen service to another machine. */
export const run: Command<SendCommandOptions> = async (context, {checkpoint: text, host, ...options}) => {
	const say = messages().cli.move;
	if (!isHost(host)) throw new Fault('usage', {detail: say.badHost(host)});
	const checkpoint = new CheckpointStore(context.stateDir).find(text);
	const progress = progressLine(context);
	let ssh: SshConnection | undefined;
	const open = () => {
		ssh = new SshConnection({host, options: options.sshOption, remoteCommand: options.remoteCommand});
		return ssh.channel;
	};
	const sent = await interruptible('send', async (signal) => {
		signal.addEventListener('abort', () => ssh?.kill());
		try {
			return await send(checkpoint, host, open, {signal, onProgress: progress.onProgress});
		} catch (error) {
			throw await explained(error, ssh);
		} finally {
			await ssh?.close();
		}
	}).finally(progress.end);
	if (context.json) {
		printJson(context, {ok: true, checkpoint: checkpoint.dir, to: host, ...sent});
		return 0;
	}
	const lines = linesOf(sent, titleOf(checkpoint.readManifest()), host);
	context.stdout.write(lines.map((line) => `${escapeText(line)}\n`).join(''));
	return 0;
};

/** ssh's exit says more than the end of its output. */
async function explained(error: unknown, ssh: SshConnection | undefined): Promise<unknown> {
	if (!(error instanceof Fault) || error.code !== 'send-failed') return error;
	const params = error.params as Fault<'send-failed'>['params'];
	if (params.reason !== 'closed') return error;
	return new Fault('send-failed', {...params, reason: (await ssh?.close()) ?? 'closed'});
}

function linesOf({outcome, name, cameBack, size}: Sent, title: string, to: string): string[] {
	const say = messages().cli.move;
	const there = cameBack ? say.cameBack(name) : say.sentThere(name);
	if (outcome === 'thawed') return [say.alreadyThawed(to), say.noLongerHere];
	if (outcome === 'there') return [say.already(to), say.sentThere(name), say.noLongerHere];
	return [say.sent(title, to, `${megabytes(size)} MB`), there, say.noLongerHere];
}
