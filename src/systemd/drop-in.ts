import fs from 'node:fs';
import path from 'node:path';
import {isAlive, startTime} from '../kernel/proc-stat.js';
import {SystemManager} from './manager.js';

/** Where units are changed until the next boot. */
const runtimeUnits = '/run/systemd/system';
/** Sorted after the administrator's own. */
const fileName = '90-dbusfreeze.conf';

export function dropInFile(unit: string): string {
	return path.join(runtimeUnits, `${unit}.d`, fileName);
}

/**
 * Changes a unit for a while, without telling systemd yet. The first line says whose it is: should that process end
 * without removing it, anybody can see that it is left over.
 * @param lines of the section [Service].
 */
export function writeDropIn(unit: string, lines: readonly string[]): void {
	const file = dropInFile(unit);
	const owner = `# dbusfreeze ${process.pid} ${startTime(process.pid) ?? ''}`;
	fs.mkdirSync(path.dirname(file), {recursive: true, mode: 0o755});
	fs.writeFileSync(`${file}.new`, `${[owner, '[Service]', ...lines].join('\n')}\n`, {mode: 0o644});
	fs.renameSync(`${file}.new`, file);
}

/**
 * Removes the file, and its folder if nothing else is in it; systemd is not told yet.
 * @returns whether there was one.
 */
export function removeDropIn(file: string): boolean {
	const found = [file, `${file}.new`].filter((each) => fs.existsSync(each));
	if (found.length === 0) return false;
	for (const each of found) fs.rmSync(each, {force: true});
	try {
		fs.rmdirSync(path.dirname(file));
	} catch (error) {
		const {code = ''} = error as NodeJS.ErrnoException;
		if (code !== 'ENOENT' && code !== 'ENOTEMPTY') throw error;
	}
	return true;
}

/** Units that are still changed although the keeper that changed them has ended, by their drop-in files. */
export function leftDropIns(): string[] {
	return dropIns().filter((file) => {
		const [, pid, start = ''] = /^# dbusfreeze (\d+) (\d+)$/m.exec(read(file)) ?? [];
		return pid === undefined || !isAlive(Number(pid), start);
	});
}

/** Removes what `leftDropIns` finds and tells systemd. @returns what was removed. */
export async function repairDropIns(): Promise<Array<{unit: string; file: string}>> {
	const left = leftDropIns();
	if (left.length === 0) return [];
	for (const file of left) removeDropIn(file);
	await SystemManager.use((manager) => manager.reload());
	return left.map((file) => ({unit: unitOfDropIn(file), file}));
}

/** The unit that a file of `leftDropIns` changes. */
export function unitOfDropIn(file: string): string {
	return path.basename(path.dirname(file), '.d');
}

function dropIns(): string[] {
	const folders = fs.existsSync(runtimeUnits) ? fs.readdirSync(runtimeUnits) : [];
	return folders
		.filter((name) => name.endsWith('.d'))
		.flatMap((name) => [fileName, `${fileName}.new`].map((file) => path.join(runtimeUnits, name, file)))
		.filter((file) => fs.existsSync(file));
}

function read(file: string): string {
	try {
		return fs.readFileSync(file, 'utf8');
	} catch {
		return '';
	}
}
