import fs from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {closeFd} from '../kernel/descriptor.js';
import {SystemCallError} from '../kernel/errors.js';
import {openPidfd, signalPidfd} from '../kernel/pidfd.js';
import {readStat} from '../kernel/proc-stat.js';
import {mappingAt, readMappings} from '../process/maps.js';
import {readText} from '../process/read.js';
import {parseSyscallFile} from '../process/threads.js';
import type {CriuJob} from './arguments.js';

/** How everything that one criu run has started is recognised. */
export interface RunTraces extends Pick<CriuJob, 'imageDir' | 'actionScript'> {
	operation: 'dump' | 'restore';
}

/** What is left is killed again and again for so long, milliseconds; a process with much memory dies slowly. */
const endLimitMs = 5000;
const lookMs = 5;
/**
 * A process that does not sleep for so long, milliseconds, works on its own: in the restorer it sleeps or is
 * about to, once criu has ended.
 */
const busyMs = 200;

const SIGKILL = 9;

/**
 * Ends what a criu that was killed has left behind: its helpers, the script of a stage that nobody answers any
 * more, and processes that are restored by half. They would wait for ever, and occupy the pids. Each is killed
 * only on proof, and through a pidfd, so that a reused number hits nobody else.
 * @param restored what was to be restored, the root first; none after a dump, whose target is not touched.
 * @returns whether the root runs its own code: then it is restored, although criu came to no good end.
 */
export async function endLeftovers(traces: RunTraces, restored: () => readonly number[]): Promise<boolean> {
	const start = performance.now();
	for (;;) {
		const waited = performance.now() - start;
		const pids = restored();
		const left = leftovers(traces, pids);
		for (const pid of left) killIf(pid, () => leftovers(traces, [pid]).includes(pid));
		const places = pids.map(placeOf);
		const isSettled = left.length === 0 && (!places.includes('unknown') || waited > busyMs);
		if (isSettled || waited > endLimitMs) return places[0] === 'own-code' || places[0] === 'unknown';
		await delay(lookMs);
	}
}

/** Processes of a criu run that should be over, and of `pids` those that are restored by half. */
export function leftovers(traces: RunTraces, pids: readonly number[]): number[] {
	return [...new Set([...criuProcesses(traces), ...pids.filter(isHalfRestored)])];
}

/** criu and what it has forked (which has its command line, until it becomes somebody else), and its scripts. */
export function criuProcesses({operation, imageDir, actionScript}: RunTraces): number[] {
	const [images, scripts] = [namesOf(imageDir), actionScript === undefined ? [] : namesOf(actionScript)];
	return allProcesses().filter((pid) => {
		const words = (readText(`/proc/${pid}/cmdline`) ?? '').split('\0');
		const isScript = isOneOf(scripts, words[1]);
		// Whatever loader comes before: `criu dump … -D DIR`.
		const isCriu = words.includes(operation) && isOneOf(images, words[words.indexOf('-D') + 1]);
		return (isScript || isCriu) && isThere(pid);
	});
}

/** The paths of a criu that runs in other namespaces begin with somebody's descriptor of our root; see `placeCriu`. */
const viaRoot = /^\/proc\/\d+\/fd\/\d+(?=\/)/;

const isOneOf = (names: readonly string[], word = ''): boolean => names.includes(word.replace(viaRoot, ''));

/** Such a path has no links in it. */
function namesOf(file: string): string[] {
	const name = file.replace(viaRoot, '');
	try {
		return [name, fs.realpathSync(name)];
	} catch {
		return [name];
	}
}

function allProcesses(): number[] {
	return fs
		.readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map(Number);
}

/** It waits in criu's restorer, not yet the process that it is to become. */
export function isHalfRestored(pid: number): boolean {
	return placeOf(pid) === 'restorer';
}

/**
 * The restorer is code in anonymous memory; a program makes its system calls from a file's, even one that
 * compiles while it runs. `gone`: no such process, or it has ended.
 */
function placeOf(pid: number): 'own-code' | 'restorer' | 'unknown' | 'gone' {
	if (!isThere(pid)) return 'gone';
	const position = parseSyscallFile(readText(`/proc/${pid}/syscall`) ?? '');
	if (!position) return isThere(pid) ? 'unknown' : 'gone';
	const mapping = mappingAt(readMappings(pid), Number(position.pc));
	if (!mapping) return isThere(pid) ? 'unknown' : 'gone';
	return mapping.path === '' && mapping.permissions.includes('x') ? 'restorer' : 'own-code';
}

function isThere(pid: number): boolean {
	const state = readStat(pid)?.state;
	return state !== undefined && state !== 'Z' && state !== 'X';
}

function killIf(pid: number, isMeant: () => boolean): void {
	try {
		const pidfd = openPidfd(pid);
		try {
			if (isMeant()) signalPidfd(pidfd, SIGKILL);
		} finally {
			closeFd(pidfd);
		}
	} catch (error) {
		if (!(error instanceof SystemCallError && error.code === 'ESRCH')) throw error;
	}
}
