import path from 'node:path';
import type {Checkpoint} from '../../checkpoint/folder.js';
import {recordCopy} from '../../checkpoint/move/copies.js';
import {packIntoLayout} from '../../checkpoint/move/oci/pack.js';
import {parsePlace} from '../../checkpoint/move/oci/place.js';
import {type Packed, type PackOptions, packInto} from '../../checkpoint/move/pack.js';
import {isFrozen} from '../../checkpoint/standing.js';
import {messages} from '../../i18n/index.js';
import {titleOf} from '../title.js';
import {megabytes} from './progress-line.js';

export interface PackedTo extends Packed {
	/** The whole path of the file, or the layout as it was named. */
	to: string;
	encrypted: boolean;
}

/** Packs a checkpoint into a new file, or into an OCI image layout (`oci:DIR[:TAG]`), and remembers that. Throws as those do. */
export async function packCheckpoint(
	checkpoint: Checkpoint,
	file: string,
	options: PackOptions,
): Promise<PackedTo> {
	const place = parsePlace(file);
	const packed = await (place
		? packIntoLayout(place, checkpoint, options)
		: packInto(file, checkpoint, options));
	const to = place ? file : path.resolve(file);
	const at = new Date().toISOString();
	recordCopy(checkpoint, {kind: place ? 'oci' : 'file', to, at, state: 'packed'});
	return {...packed, to, encrypted: options.lock !== undefined};
}

/** What there is to say of it; not escaped yet. */
export function packedLines({index, manifest, size, to, encrypted}: PackedTo): string[] {
	const say = messages().cli.move;
	const title = titleOf(manifest);
	return [
		say.packed(title, to, `${megabytes(index.bytes)} MB`, `${megabytes(size)} MB`),
		encrypted ? say.encrypted : say.secret,
		...(manifest.portable ? [] : [say.notPortable(manifest.portableBecause.join('; '))]),
		...(isFrozen(manifest) ? [say.connectionStays(title)] : []),
	];
}
