import {readdirSync, readFileSync, statSync} from 'node:fs';
import {Numbers} from './numbers.js';
import {ifReadable, readText} from './read.js';
import {readStatus, type Status} from './status.js';
import {processTree, threadIds} from './tree.js';

/** The name of the first process of each pid namespace that we make, as `data/pid-namespace.pl` sets it. */
const initName = 'dbusfreeze-init';

/**
 * What lies around a tree in a pid namespace of ours: `plain`, nothing but what all processes share; `sandboxed`, other
 * namespaces of its own, in which the pid namespace was made.
 */
export type NestKind = 'plain' | 'sandboxed';

/** A pid namespace of ours, by its first process. */
export interface Nest {
	kind: NestKind;
	/** Whom it was made for. */
	label: string;
}

/** What `data/pid-namespace.pl` is told as label. */
export function nestTitle({kind, label}: Nest): string {
	return `${kind} ${label}`;
}

/** The pid namespace that begins with process `init`, if it is one of ours. Only root makes them. */
export function nestOf(init: number): Nest | undefined {
	const command = readText(`/proc/${init}/cmdline`)?.replace(/\0+$/, '') ?? '';
	const [, kind, label = ''] = new RegExp(`^${initName} (plain|sandboxed) (.*)$`, 's').exec(command) ?? [];
	if (kind === undefined || ifReadable(() => statSync(`/proc/${init}`).uid) !== 0) return undefined;
	return {kind: kind as NestKind, label};
}

/** Whether there is any: most machines never see one. */
export function haveNests(): boolean {
	return firstProcesses().length > 0;
}

/** Everything that lives in the pid namespaces made for somebody, parents first, without their first processes. */
export function nestedProcesses(label: string): number[] {
	const inits = firstProcesses().filter((pid) => nestOf(pid)?.label === label);
	return inits.flatMap((init) =>
		processTree(init)
			.slice(1)
			.map(({pid}) => pid),
	);
}

function firstProcesses(): number[] {
	const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
	return pids.filter((pid) => readName(pid) === initName).map(Number);
}

function readName(pid: string): string {
	try {
		return readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd();
	} catch {
		return '';
	}
}

/** What those processes and their threads call themselves. */
export function numbersOf(pids: readonly number[]): Numbers {
	return new Numbers(
		pids.flatMap((pid) =>
			threadIds(pid).flatMap((tid) => {
				const own = ownNumber(readStatus(`/proc/${pid}/task/${tid}`));
				return own === undefined ? [] : [[own, tid] as const];
			}),
		),
	);
}

/**
 * What a process or thread is called where it lives; undefined: what it is called here. `NSpid`, `NSpgid` and
 * `NSsid` tell all its numbers, from our namespace inwards.
 */
export function ownNumber(status: Status | undefined, field = 'NSpid'): number | undefined {
	const numbers = status?.get(field)?.split(/\s+/) ?? [];
	return numbers.length > 1 ? Number(numbers.at(-1)) : undefined;
}
