import fs from 'node:fs';
import {readText} from '../process/read.js';

/** The folder of the cgroup that a process is in, in the hierarchy that systemd manages; undefined without one. */
export function cgroupFolder(pid: number): string | undefined {
	const lines = (readText(`/proc/${pid}/cgroup`) ?? '').split('\n');
	const mounts = fs.readFileSync('/proc/self/mounts', 'utf8').split('\n');
	// Version 2, and the hierarchy that systemd keeps for itself beside version 1.
	for (const [prefix, isIts] of [
		['0::', (type = '') => type === 'cgroup2'],
		['name=systemd:', (type = '', options = '') => type === 'cgroup' && options.includes('name=systemd')],
	] as const) {
		const line = lines.find((one) => one.startsWith(prefix) || one.includes(`:${prefix}`));
		const mount = mounts.map((one) => one.split(' ')).find(([, , type, options]) => isIts(type, options));
		const folder =
			line && mount ? `${mount[1]}${line.slice(line.indexOf(prefix) + prefix.length)}` : undefined;
		if (folder !== undefined && fs.existsSync(`${folder}/cgroup.procs`)) return folder.replace(/\/$/, '');
	}
	return undefined;
}
