import {CheckpointStore} from '../../checkpoint/store.js';
import {escapeText} from '../../common/escape.js';
import type {Command} from '../context.js';
import {interruptible} from '../move/interruptible.js';
import {progressLine} from '../move/progress-line.js';
import {sendCheckpoint, sentLines} from '../move/send.js';
import {printJson} from '../report.js';
import {titleOf} from '../title.js';

export interface SendCommandOptions {
	checkpoint: string;
	host: string;
	sshOption: string[];
	remoteCommand: string;
}

/** Moves a frozen service to another machine. */
export const run: Command<SendCommandOptions> = async (context, {checkpoint: text, host, ...options}) => {
	const checkpoint = new CheckpointStore(context.stateDir).find(text);
	const progress = progressLine(context);
	const ssh = {host, options: options.sshOption, remoteCommand: options.remoteCommand};
	const sent = await interruptible('send', (signal) =>
		sendCheckpoint(checkpoint, ssh, {signal, onProgress: progress.onProgress}),
	).finally(progress.end);
	if (context.json) {
		printJson(context, {ok: true, checkpoint: checkpoint.dir, to: host, ...sent});
		return 0;
	}
	const lines = sentLines(sent, titleOf(checkpoint.readManifest()), host);
	context.stdout.write(lines.map((line) => `${escapeText(line)}\n`).join(''));
	return 0;
};
