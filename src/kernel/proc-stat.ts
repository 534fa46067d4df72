import {readFileSync} from 'node:fs';
import {isGone} from './errors.js';

/** The fields of /proc/PID/stat that identify a process and place it in the tree. */
export interface ProcStat {
	pid: number;
	comm: string;
	/** One letter: S sleeping, R running, D, Z zombie, T stopped, t traced, X dead, I idle. */
	state: string;
	ppid: number;
	/** Process group and session. */
	pgid: number;
	sid: number;
	/** Field 22: clock ticks since boot. With the pid it names one process for ever (per boot). */
	startTime: string;
}

/** What else `stat` tells of a thread. */
export interface ThreadStat {
	/** −20 to 19. */
	nice: number;
	/** SCHED_… by number, <linux/sched.h>. */
	policy: number;
	/** 1–99 for real-time policies, else 0. */
	realtimePriority: number;
}

/** The further fields of a `stat` file; see proc_pid_stat(5) for their numbers. */
export function parseThreadStat(text: string): ThreadStat {
	const rest = text.slice(text.lastIndexOf(')') + 2).split(' ');
	const field = (number: number): number => Number(rest[number - 3] ?? 0);
	return {nice: field(19), realtimePriority: field(40), policy: field(41)};
}

/** Parses the text of a `stat` file. comm is in parentheses and may hold any character, `)` too. */
export function parseStat(text: string): ProcStat {
	const open = text.indexOf('(');
	const close = text.lastIndexOf(')');
	const rest = text.slice(close + 2).split(' ');
	const [state, ppid] = rest;
	// Field 22 of the file; `rest` starts with field 3.
	const startTime = rest[19];
	if (open < 0 || state === undefined || ppid === undefined || startTime === undefined) {
		throw new Error(`not a stat file: ${text}`);
	}
	return {
		pid: Number(text.slice(0, open)),
		comm: text.slice(open + 1, close),
		state,
		ppid: Number(ppid),
		pgid: Number(rest[2]),
		sid: Number(rest[3]),
		startTime,
	};
}

/** /proc/PID/stat, or undefined if there is no such process (a zombie still is one). */
export function readStat(pid: number): ProcStat | undefined {
	try {
		return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
	} catch (error) {
		if (isGone(error)) return undefined;
		throw error;
	}
}

/** When the process started, clock ticks since boot; undefined if there is no such process. */
export function startTime(pid: number): string | undefined {
	return readStat(pid)?.startTime;
}

/** Whether `pid` still is the process that started at `start`: pids are reused. A zombie counts. */
export function isSameProcess(pid: number, start: string): boolean {
	return startTime(pid) === start;
}

/** Whether that process still runs: it is the same one, and no zombie. */
export function isAlive(pid: number, start: string): boolean {
	const stat = readStat(pid);
	return stat?.startTime === start && stat.state !== 'Z' && stat.state !== 'X';
}
