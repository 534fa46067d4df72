import fs from 'node:fs';
import path from 'node:path';
import {Fault} from '../../common/fault.js';
import type {Checkpoint} from '../folder.js';
import type {Manifest} from '../manifest.js';
import {standingOf} from '../standing.js';
import {copiesName} from './copies.js';
import {isSafePath} from './format.js';
import {originName} from './origin.js';

/** One file that travels, with the size that it had when it was looked at: journal and stash may grow. */
export interface PackedFile {
	path: string;
	size: number;
}

/** What belongs to this place and not to the frozen process: the gate's FIFOs, our own notes, a waiting parcel. */
export const parcelName = 'parcel';
const staysHere = new Set(['gate', 'keeper.log', 'reserve', copiesName, originName, parcelName]);

/**
 * The files of a checkpoint that travel, manifest first. Sockets, FIFOs and half-written files stay.
 * Throws `unpackable` for what CRIU needs and an archive cannot hold.
 */
export function contentsOf(checkpoint: Checkpoint): PackedFile[] {
	const files = filesBelow(checkpoint.dir, '').sort((a, b) => rank(a) - rank(b));
	if (!files.some(({path: file}) => file === 'images/inventory.img'))
		throw new Fault('unpackable', {checkpoint: checkpoint.dir, what: 'images/inventory.img'});
	return files;
}

/** Throws unless there is something to take along: a complete dump. @param move it must be frozen, too. */
export function requirePackable({dir}: Checkpoint, manifest: Manifest, move: boolean): void {
	const {pid} = manifest.target;
	const running = {processState: 'running'} as const;
	const standing = standingOf(manifest);
	switch (standing) {
		case 'frozen':
		case 'connection-gone':
		case 'keeper-gone':
		case 'given-up':
			return;
		case 'thawed':
			if (move) throw new Fault('already-thawed', {checkpoint: dir, pid}, running);
			return;
		case 'left-running':
			if (move) throw new Fault('not-frozen', {checkpoint: dir, pid, reason: standing}, running);
			return;
		case 'thawing':
			throw new Fault('not-now', {why: 'busy'}, {processState: 'frozen'});
		case 'lost':
			throw new Fault('process-lost', {pid, reason: 'recorded'}, {processState: 'lost'});
		default: {
			const reason = standing === 'aborted' ? standing : 'never-frozen';
			throw new Fault('not-frozen', {checkpoint: dir, pid, reason}, running);
		}
	}
}

function filesBelow(root: string, folder: string): PackedFile[] {
	return fs.readdirSync(path.join(root, folder), {withFileTypes: true}).flatMap((entry) => {
		const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
		if (staysHere.has(name) || name.endsWith('.new')) return [];
		if (entry.isDirectory()) return filesBelow(root, name);
		const isImage = folder !== '' && !entry.isSocket() && !entry.isFIFO();
		if (entry.isFile() && isSafePath(name))
			return [{path: name, size: fs.lstatSync(path.join(root, name)).size}];
		if (entry.isFile() || isImage) throw new Fault('unpackable', {checkpoint: root, what: name});
		return [];
	});
}

/** Whoever reads the archive knows early what it is; the images, which are large, come last. */
function rank({path: file}: PackedFile): number {
	if (file === 'manifest.json') return 0;
	return file.startsWith('images/') ? 2 : 1;
}
