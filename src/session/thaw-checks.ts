import type {Checkpoint} from '../checkpoint/folder.js';
import type {Manifest} from '../checkpoint/manifest.js';
import {Fault, type FileProblem} from '../common/fault.js';
import {acceptSizes, changedFiles, type ImageFile} from '../criu/images/file-sizes.js';
import {buildId} from '../process/elf.js';
import {type SessionParts, warn} from './parts.js';

/** How the files of this machine differ from those that the images need. */
export interface FileChanges {
	/** With any of them CRIU restores nothing. */
	bad: Array<{path: string; problem: FileProblem}>;
	/** Only open, and larger than they were: the images can be told. */
	grown: ImageFile[];
}

/**
 * Before anything is made of the images: are the files those that the program had mapped or open? CRIU finds out,
 * too, one at a time and half way.
 * A file that is only open may have grown, as a log does: a program that had run on would have seen that.
 * @throws Fault `files-changed`: nothing was touched.
 */
export async function requireSameFiles(parts: SessionParts): Promise<void> {
	const {manifest, checkpoint} = parts;
	if (!manifest) return;
	const {bad, grown} = await fileChanges(checkpoint, manifest);
	if (bad.length > 0) throw new Fault('files-changed', {files: bad}, {processState: 'frozen'});
	if (grown.length === 0) return;
	await acceptSizes(checkpoint.images, grown);
	for (const {path} of grown) warn(parts, 'file-grew', {path});
}

/** @throws Fault `other-architecture` */
export function requireSameArchitecture({host: {arch}}: Manifest): void {
	if (arch !== process.arch)
		throw new Fault('other-architecture', {frozen: arch, here: process.arch}, {processState: 'frozen'});
}

/** Touches nothing. Throws `bad-image`. */
export async function fileChanges({images}: Checkpoint, {modules}: Manifest): Promise<FileChanges> {
	const mapped = new Map(modules.map((module) => [module.path, module]));
	const changed = await changedFiles(images);
	const grown = changed.filter((file) => !mapped.has(file.path) && (file.now ?? 0) > file.size);
	const bad: FileChanges['bad'] = changed.filter((file) => !grown.includes(file)).map(problemOf);
	for (const {path, buildId: before} of mapped.values()) {
		const isGone = bad.some((one) => one.path === path);
		if (before !== undefined && !isGone && buildId(path) !== before) bad.push({path, problem: 'other-build'});
	}
	return {bad, grown};
}

function problemOf({path, now}: ImageFile): {path: string; problem: FileProblem} {
	return {path, problem: now === undefined ? 'missing' : 'other-size'};
}
