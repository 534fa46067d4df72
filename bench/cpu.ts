import fs from 'node:fs';

/** USER_HZ: the clock ticks of /proc/PID/stat, 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** User and system time of all threads of a process, in seconds. */
export function cpuSeconds(pid: number): number {
	const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** The most memory of a process that was in RAM at any time, in megabytes. */
export function peakMegabytes(pid: number): number {
	const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
	return Number(kilobytes ?? Number.NaN) / 1000;
}

/** Memory of a process that is in RAM now, in megabytes. */
export function residentMegabytes(pid: number): number {
	const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
	return Number(kilobytes ?? Number.NaN) / 1000;
}
