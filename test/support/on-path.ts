import fs from 'node:fs';
import path from 'node:path';

/** Whether a program is installed; system programs count although users have no /usr/sbin in their PATH. */
export function isOnPath(program: string): boolean {
	return programPath(program) !== undefined;
}

export function programPath(program: string): string | undefined {
	return [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']
		.map((folder) => path.join(folder, program))
		.find((file) => fs.existsSync(file));
}
