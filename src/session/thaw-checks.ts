import {Fault, type FileProblem} from '../common/fault.js';
import {acceptSizes, changedFiles, type ImageFile} from '../criu/images/file-sizes.js';
import {buildId} from '../process/elf.js';
import {type SessionParts, warn} from './parts.js';

/**
 * Before anything is made of the images: are the files those that the program had mapped or open? CRIU finds out,
 * too, one at a time and half way.
 * A file that is only open may have grown, as a log does: a program that had run on would have seen that.
 * @throws Fault `files-changed`: nothing was touched.
 */
export async function requireSameFiles(parts: SessionParts): Promise<void> {
	const {manifest, checkpoint} = parts;
	if (!manifest) return;
	const mapped = new Map(manifest.modules.map((module) => [module.path, module]));
	const changed = await changedFiles(checkpoint.images);
	const grown = changed.filter((file) => !mapped.has(file.path) && (file.now ?? 0) > file.size);
	const bad: Array<{path: string; problem: FileProblem}> = changed
		.filter((file) => !grown.includes(file))
		.map(problemOf);
	for (const {path, buildId: before} of mapped.values()) {
		const isGone = bad.some((one) => one.path === path);
		if (before !== undefined && !isGone && buildId(path) !== before) bad.push({path, problem: 'other-build'});
	}
	if (bad.length > 0) throw new Fault('files-changed', {files: bad}, {processState: 'frozen'});
	if (grown.length === 0) return;
	await acceptSizes(checkpoint.images, grown);
	for (const {path} of grown) warn(parts, 'file-grew', {path});
}

function problemOf({path, now}: ImageFile): {path: string; problem: FileProblem} {
	return {path, problem: now === undefined ? 'missing' : 'other-size'};
}
