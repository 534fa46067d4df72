import fs from 'node:fs';

/** Puts a finished folder in its place at once; an older one makes room. */
export function replaceFolder(finished, target) {
	const old = `${target}.old-${process.pid}`;
	if (fs.existsSync(target)) fs.renameSync(target, old);
	fs.renameSync(finished, target);
	fs.rmSync(old, {recursive: true, force: true});
}
