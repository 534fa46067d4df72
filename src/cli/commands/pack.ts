import path from 'node:path';
import {recordCopy} from '../../checkpoint/move/copies.js';
import {packIntoLayout} from '../../checkpoint/move/oci/pack.js';
import {parsePlace} from '../../checkpoint/move/oci/place.js';
import {packInto} from '../../checkpoint/move/pack.js';
import {isFrozen} from '../../checkpoint/standing.js';
import {CheckpointStore} from '../../checkpoint/store.js';
import {escapeText} from '../../common/escape.js';
import {messages} from '../../i18n/index.js';
import type {Command} from '../context.js';
import {interruptible} from '../move/interruptible.js';
import {lockFrom, type PassphraseOptions} from '../move/keys.js';
import {megabytes, progressLine} from '../move/progress-line.js';
import {printJson} from '../report.js';
import {titleOf} from './thaw.js';

export interface PackCommandOptions extends PassphraseOptions {
	checkpoint: string;
	file: string;
	recipient?: string[];
}

/** Packs a checkpoint into one file, or into an OCI image layout. */
export const run: Command<PackCommandOptions> = async (context, {checkpoint: text, file, ...options}) => {
	const checkpoint = new CheckpointStore(context.stateDir).find(text);
	const lock = await lockFrom(context, options);
	const place = parsePlace(file);
	const progress = progressLine(context);
	const packed = await interruptible('pack', (signal) => {
		const how = {signal, onProgress: progress.onProgress, ...(lock ? {lock} : {})};
		return place ? packIntoLayout(place, checkpoint, how) : packInto(file, checkpoint, how);
	}).finally(progress.end);
	const {index, manifest, size} = packed;
	const to = place ? file : path.resolve(file);
	const at = new Date().toISOString();
	recordCopy(checkpoint, {kind: place ? 'oci' : 'file', to, at, state: 'packed'});
	const {portable, portableBecause} = manifest;
	const held = isFrozen(manifest);
	if (context.json) {
		const {id, bytes, files} = index;
		const what = {checkpoint: checkpoint.dir, file: to, id, files: files.length, bytes, packedBytes: size};
		printJson(context, {ok: true, ...what, encrypted: lock !== undefined, portable, portableBecause});
		return 0;
	}
	const say = messages().cli.move;
	const title = titleOf(manifest);
	const lines = [
		say.packed(title, to, `${megabytes(index.bytes)} MB`, `${megabytes(size)} MB`),
		lock ? say.encrypted : say.secret,
		...(portable ? [] : [say.notPortable(portableBecause.join('; '))]),
		...(held ? [say.connectionStays(title)] : []),
	];
	context.stdout.write(lines.map((line) => `${escapeText(line)}\n`).join(''));
	return 0;
};
