import {CheckpointStore} from '../../checkpoint/store.js';
import {escapeText} from '../../common/escape.js';
import type {Command} from '../context.js';
import {interruptible} from '../move/interruptible.js';
import {lockFrom, type PassphraseOptions} from '../move/keys.js';
import {packCheckpoint, packedLines} from '../move/pack.js';
import {progressLine} from '../move/progress-line.js';
import {printJson} from '../report.js';

export interface PackCommandOptions extends PassphraseOptions {
	checkpoint: string;
	file: string;
	recipient?: string[];
}

/** Packs a checkpoint into one file, or into an OCI image layout. */
export const run: Command<PackCommandOptions> = async (context, {checkpoint: text, file, ...options}) => {
	const checkpoint = new CheckpointStore(context.stateDir).find(text);
	const lock = await lockFrom(context, options);
	const progress = progressLine(context);
	const packed = await interruptible('pack', (signal) =>
		packCheckpoint(checkpoint, file, {signal, onProgress: progress.onProgress, ...(lock ? {lock} : {})}),
	).finally(progress.end);
	if (context.json) {
		const {index, manifest, size, to, encrypted} = packed;
		const {id, bytes, files} = index;
		const {portable, portableBecause} = manifest;
		const what = {checkpoint: checkpoint.dir, file: to, id, files: files.length, bytes, packedBytes: size};
		printJson(context, {ok: true, ...what, encrypted, portable, portableBecause});
		return 0;
	}
	context.stdout.write(
		packedLines(packed)
			.map((line) => `${escapeText(line)}\n`)
			.join(''),
	);
	return 0;
};
