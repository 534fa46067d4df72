import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type {ExecutionContext} from 'ava';

/** A file system of its own in a new folder `dir`; three megabytes are room for one checkpoint of a small service. */
export function smallDisk(t: ExecutionContext, dir: string, megabytes = 3) {
	fs.mkdirSync(dir, {mode: 0o700});
	execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', dir]);
	t.teardown(() => execFileSync('umount', ['-l', dir]));
	const ballast = path.join(dir, 'ballast');
	return {
		/** Leaves `free` bytes. */
		fill(free: number) {
			const block = Buffer.alloc(4096);
			const file = fs.openSync(ballast, 'w');
			try {
				for (;;) fs.writeSync(file, block);
			} catch (error) {
				t.is((error as NodeJS.ErrnoException).code, 'ENOSPC');
			}
			fs.ftruncateSync(file, fs.fstatSync(file).size - free);
			fs.closeSync(file);
		},
		empty: () => fs.rmSync(ballast),
	};
}
