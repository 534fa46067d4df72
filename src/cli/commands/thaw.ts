import {pidHere} from '../../checkpoint/numbers.js';
import {CheckpointStore} from '../../checkpoint/store.js';
import {escapeText} from '../../common/escape.js';
import {messages} from '../../i18n/index.js';
import type {ThawResult} from '../../session/events.js';
import {requireRoot} from '../begin.js';
import type {Command, CommandContext} from '../context.js';
import {describeThaw} from '../describe.js';
import {takeOver} from '../frozen.js';
import {narrate} from '../narrate.js';
import {printJson} from '../report.js';
import {titleOf} from '../title.js';

export interface ThawCommandOptions {
	checkpoint: string;
	step?: boolean;
	leaveStopped?: boolean;
	reconnect?: boolean;
	verifyMemory?: boolean;
	/** If its systemd unit runs without it, stop that first. */
	stopUnit?: boolean;
	/** Even if this processor lacks features of that of the freeze. */
	otherCpu?: boolean;
	/** In a pid namespace of its own. */
	pidNamespace?: boolean;
	/** Even if a copy of it may live somewhere else. */
	force?: boolean;
}

export const run: Command<ThawCommandOptions> = async (context, options) => {
	requireRoot('thaw');
	const checkpoint = new CheckpointStore(context.stateDir).find(options.checkpoint);
	const {client, manifest} = await takeOver(context, checkpoint, options.force);
	const stop = await narrate(context, client, options.step ?? false);
	try {
		const pid = pidHere(manifest);
		const title = titleOf(manifest);
		if (!context.json) context.stderr.write(`${escapeText(messages().cli.thaw.begin(title, pid))}\n`);
		const result = await client.thaw({
			stepping: options.step ?? false,
			leaveStopped: options.leaveStopped ?? false,
			reconnect: options.reconnect ?? false,
			...(context.bus.kind === 'address' ? {address: context.bus.address} : {}),
			verifyMemory: options.verifyMemory ?? false,
			stopUnit: options.stopUnit ?? false,
			otherCpu: options.otherCpu ?? false,
			pidNamespace: options.pidNamespace ?? false,
			force: options.force ?? false,
		});
		return printThaw(context, title, result);
	} finally {
		stop();
		client.close();
	}
};

/** Prints the outcome; the exit code says whether the context was preserved. */
export function printThaw(context: CommandContext, title: string, result: ThawResult): number {
	if (context.json) printJson(context, result);
	else context.stdout.write(describeThaw(title, result));
	return result.verdict.preserved ? 0 : 1;
}
