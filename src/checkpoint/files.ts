import fs from 'node:fs';
import path from 'node:path';

/**
 * Replaces `file` in one step: whoever reads it, also after a power cut, sees the old content or the new one,
 * never a half. Mode 0600.
 */
export function writeAtomically(file: string, content: string): void {
	const temporary = `${file}.new`;
	const fd = fs.openSync(temporary, 'w', 0o600);
	try {
		fs.writeFileSync(fd, content);
		fs.fsyncSync(fd);
	} finally {
		fs.closeSync(fd);
	}
	fs.renameSync(temporary, file);
	syncFolder(path.dirname(file));
}

/** Makes renames and new files in `dir` survive a power cut. */
export function syncFolder(dir: string): void {
	const fd = fs.openSync(dir, 'r');
	try {
		fs.fsyncSync(fd);
	} finally {
		fs.closeSync(fd);
	}
}

/** Bytes of all files directly in `dir`. */
export function folderBytes(dir: string): number {
	return fs
		.readdirSync(dir)
		.map((name) => fs.lstatSync(path.join(dir, name)))
		.reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}
