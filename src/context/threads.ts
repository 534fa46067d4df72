import {noteOwnChange} from './changes.js';
import type {ProcessSnapshot, Snapshot, ThreadSnapshot} from './model.js';
import {hasPlace, isFrozen, matchPlace, restartSyscallNr, wasStopped, withoutStops} from './normalise.js';
import {agreedWhenFrozen, note, type Pair, processIn} from './pair.js';
import {compareFrozenRegisters, compareRegisters} from './registers.js';

/** Every thread must be there, at the same stack pointer and the same instruction, with the same registers. */
export function compareThreads(pair: Pair, before: ProcessSnapshot, after: ProcessSnapshot): void {
	const path = `processes/${before.pid}/threads`;
	const later = new Map(after.threads.map((thread) => [thread.tid, thread]));
	for (const thread of before.threads) {
		const match = later.get(thread.tid);
		later.delete(thread.tid);
		if (match === undefined) {
			noteMissing(pair, `${path}/${thread.tid}`, before.pid, thread);
		} else {
			compareThread(pair, `${path}/${thread.tid}`, before.pid, thread, match);
		}
	}
	for (const thread of later.values()) {
		noteExtra(pair, `${path}/${thread.tid}`, before.pid, thread);
	}
}

function noteMissing(pair: Pair, path: string, pid: number, thread: ThreadSnapshot): void {
	const values = [describe(thread), null] as const;
	if (pair.ranOn && threadIn(pair.witness, pid, thread.tid) !== undefined) {
		note(pair, path, values, 'expected', 'ended-after', {what: 'thread'});
	} else if (!wasStopped(thread) && absentWhenFrozen(pair, pid, thread.tid)) {
		note(pair, path, values, 'expected', 'ran-before-freeze', {});
	} else {
		note(pair, path, values, 'broken', 'lost', {what: 'thread'});
	}
}

function noteExtra(pair: Pair, path: string, pid: number, thread: ThreadSnapshot): void {
	const values = [null, describe(thread)] as const;
	if (pair.ranOn) {
		note(pair, path, values, 'expected', 'added-after', {what: 'thread'});
	} else if (agreedWhenFrozen(pair, (snapshot) => threadIn(snapshot, pid, thread.tid)?.tid)) {
		note(pair, path, values, 'expected', 'ran-before-freeze', {});
	} else {
		note(pair, path, values, 'changed', 'extra', {what: 'thread'});
	}
}

function compareThread(
	pair: Pair,
	path: string,
	pid: number,
	before: ThreadSnapshot,
	after: ThreadSnapshot,
): void {
	if (before.comm !== after.comm) {
		const values = [before.comm, after.comm] as const;
		if (pair.ranOn) {
			note(pair, `${path}/comm`, values, 'expected', 'runs-on', {});
		} else {
			note(pair, `${path}/comm`, values, 'changed', 'process-changed', {property: 'comm'});
		}
	}
	compareStop(pair, path, before, after);
	compareAttributes(pair, path, pid, before, after);
	if (pair.ranOn) {
		compareRunning(pair, path, before, after);
	} else if (isFrozen(pair.before.moment)) {
		compareExactly(pair, path, before, after);
	} else {
		compareWithLive(pair, path, pid, before, after);
	}
}

/** What a thread sets for itself, as texts; undefined: not told at that moment. */
const attributes: Record<string, (thread: ThreadSnapshot) => string | undefined> = {
	scheduling: ({scheduling}) =>
		scheduling && `${scheduling.policy} priority ${scheduling.priority} nice ${scheduling.nice}`,
	affinity: ({affinity}) => affinity,
	blocked: ({blocked}) => blocked,
	pending: ({pending}) => pending && withoutStops(pending),
	altStack: ({altStack}) =>
		altStack && (altStack.enabled ? `${altStack.base} ${altStack.size} bytes` : 'none'),
	'seccomp/mode': ({seccomp}) => seccomp?.mode.toString(),
	'seccomp/filters': ({seccomp}) => seccomp?.filters?.toString(),
};

function compareAttributes(
	pair: Pair,
	path: string,
	pid: number,
	before: ThreadSnapshot,
	after: ThreadSnapshot,
): void {
	for (const [property, textOf] of Object.entries(attributes)) {
		const read = (snapshot: Snapshot) => {
			const thread = threadIn(snapshot, pid, before.tid);
			return thread && textOf(thread);
		};
		noteOwnChange(pair, `${path}/${property}`, [textOf(before), textOf(after)], read, {
			reason: 'process-changed',
			params: {property},
		});
	}
}

/** `before` was seen alive, `after` is frozen. */
function compareWithLive(
	pair: Pair,
	path: string,
	pid: number,
	before: ThreadSnapshot,
	after: ThreadSnapshot,
): void {
	if (!hasPlace(after)) {
		return;
	}
	if (!hasPlace(before)) {
		note(pair, `${path}/pc`, [before.state, after.pc], 'expected', 'was-running', {});
		return;
	}
	const syscall = syscallName(before) || syscallName(after);
	const match = matchPlace(before, after);
	switch (match) {
		case 'restarts':
			note(pair, `${path}/pc`, [before.pc, after.pc], 'expected', 'syscall-restarts', {syscall});
			break;
		case 'eintr':
			note(pair, `${path}/result`, [syscall, 'EINTR'], 'expected', 'one-eintr', {syscall});
			break;
		case 'returned':
			if (before.syscall !== undefined) {
				const result = after.registers?.ax ?? after.registers?.x0 ?? '';
				note(pair, `${path}/result`, [syscall, result], 'expected', 'syscall-returned', {syscall, result});
			}
			break;
		case 'wrong-restart': {
			const {ax, orig_ax: number} = after.registers ?? {};
			note(pair, `${path}/registers/ax`, [number, ax], 'broken', 'register-changed', {register: 'ax'});
			return;
		}
		case 'different':
			noteMoved(pair, path, pid, before, after);
			return;
		default:
	}
	compareSyscall(pair, path, pid, before, after);
	compareRegisters(pair, path, before, after, match);
}

function compareSyscall(
	pair: Pair,
	path: string,
	pid: number,
	before: ThreadSnapshot,
	after: ThreadSnapshot,
): void {
	if (before.syscall === undefined || after.syscall === undefined || before.syscall.nr === after.syscall.nr) {
		return;
	}
	if (before.syscall.nr === restartSyscallNr || after.syscall.nr === restartSyscallNr) {
		note(pair, `${path}/syscall`, [before.syscall.nr, after.syscall.nr], 'expected', 'restart-syscall', {});
	} else {
		noteMoved(pair, path, pid, before, after);
	}
}

function noteMoved(
	pair: Pair,
	path: string,
	pid: number,
	before: ThreadSnapshot,
	after: ThreadSnapshot,
): void {
	const placeWhenFrozen = (snapshot: Snapshot) => {
		const thread = threadIn(snapshot, pid, before.tid);
		return thread && `${thread.sp} ${thread.pc}`;
	};
	const movedBefore = !wasStopped(before) && agreedWhenFrozen(pair, placeWhenFrozen);
	const kind = movedBefore ? 'expected' : 'broken';
	const reason = movedBefore ? 'ran-before-freeze' : 'place-changed';
	for (const field of ['sp', 'pc'] as const) {
		if (before[field] !== after[field]) {
			note(pair, `${path}/${field}`, [before[field], after[field]], kind, reason, {});
		}
	}
	if (
		before.syscall?.nr !== after.syscall?.nr &&
		before.syscall !== undefined &&
		after.syscall !== undefined
	) {
		note(pair, `${path}/syscall`, [before.syscall.nr, after.syscall.nr], kind, reason, {});
	}
}

/** Both are frozen: the restored thread must have exactly the registers of the image. */
function compareExactly(pair: Pair, path: string, before: ThreadSnapshot, after: ThreadSnapshot): void {
	for (const field of ['sp', 'pc'] as const) {
		const [was, is] = [before[field], after[field]];
		if (was !== undefined && is !== undefined && BigInt(was) !== BigInt(is)) {
			note(pair, `${path}/${field}`, [was, is], 'broken', 'place-changed', {});
		}
	}
	compareFrozenRegisters(pair, path, before, after);
}

/** The program runs at `after`: being elsewhere is no fault, but worth showing. */
function compareRunning(pair: Pair, path: string, before: ThreadSnapshot, after: ThreadSnapshot): void {
	if (!hasPlace(before)) {
		return;
	}
	const match = matchPlace(after, before);
	if (match !== 'different') {
		compareRegisters(pair, path, before, after, match);
		return;
	}
	for (const field of ['sp', 'pc'] as const) {
		if (before[field] !== after[field]) {
			note(pair, `${path}/${field}`, [before[field], after[field] ?? after.state], 'expected', 'runs-on', {});
		}
	}
}

/** A process that was stopped with SIGSTOP comes back stopped; one that ran may be left stopped on purpose. */
function compareStop(pair: Pair, path: string, before: ThreadSnapshot, after: ThreadSnapshot): void {
	if (
		!pair.ranOn ||
		before.state === undefined ||
		after.state === undefined ||
		isFrozen(pair.before.moment)
	) {
		return;
	}
	if (before.state === 'T' && after.state !== 'T') {
		note(pair, `${path}/state`, [before.state, after.state], 'changed', 'woken', {});
	} else if (before.state !== 'T' && after.state === 'T') {
		note(pair, `${path}/state`, [before.state, after.state], 'expected', 'left-stopped', {});
	}
}

const syscallName = ({syscall}: ThreadSnapshot): string =>
	syscall === undefined ? '' : syscall.name || `syscall ${syscall.nr}`;
const describe = (thread: ThreadSnapshot): string =>
	`${thread.comm} ${thread.pc ?? thread.state ?? ''}`.trim();

function threadIn(snapshot: Snapshot | undefined, pid: number, tid: number): ThreadSnapshot | undefined {
	return processIn(snapshot, pid)?.threads.find((thread) => thread.tid === tid);
}

function absentWhenFrozen(pair: Pair, pid: number, tid: number): boolean {
	const views = pair.frozenViews;
	return (
		views !== undefined &&
		threadIn(views.image, pid, tid) === undefined &&
		threadIn(views.preResume, pid, tid) === undefined
	);
}
