import {setTimeout as delay} from 'node:timers/promises';
import {Fault} from '../common/fault.js';
import {withMemory} from '../context/memory.js';
import type {ConnectionSnapshot, PeerAnswer, Snapshot, Verdict} from '../context/model.js';
import {inOwnNumbers} from '../context/own-numbers.js';
import {judge} from '../context/verdict.js';
import {readStat} from '../kernel/proc-stat.js';
import type {StackCopies} from '../process/snapshot.js';
import {lookAt} from './moments.js';
import {observe} from './observe.js';
import {note, type SessionParts, warn} from './parts.js';
import {staleNames} from './stale-names.js';

/** How long a tree that was stopped before the freeze may take to stop again, and between two looks; milliseconds. */
const stopLimitMs = 1000;
const stopLookMs = 5;

/**
 * @param answers what its connections have answered, by inode.
 * The tree as it runs. A bus that is gone by now is no reason to hide that the process runs: it has no connection, and is
 * judged so.
 */
export async function observeAfter(
	parts: SessionParts,
	pid: number,
	known: readonly ConnectionSnapshot[],
	answers: ReadonlyMap<number, PeerAnswer>,
): Promise<Snapshot> {
	await untilStoppedAgain(parts, pid);
	try {
		const stacks: StackCopies = new Map();
		const seen = await observe('after', pid, parts.bus, known, stacks);
		const after = {...seen, connections: seen.connections.map((one) => withOrigin(one, known, answers))};
		parts.moments.keepStacks(after, stacks);
		return after;
	} catch (error) {
		if (error instanceof Fault && error.code !== 'bus-unreachable') throw error;
		warn(parts, 'bus-unreachable-after', {reason: (error as Error).message});
		return lookAt('after', pid);
	}
}

function withOrigin(
	connection: ConnectionSnapshot,
	known: readonly ConnectionSnapshot[],
	answers: ReadonlyMap<number, PeerAnswer>,
): ConnectionSnapshot {
	const {reconnectedFrom} = known.find(({inode}) => inode === connection.inode) ?? {};
	const answer = answers.get(connection.inode);
	return {...connection, ...(reconnectedFrom && {reconnectedFrom}), ...(answer && {answer})};
}

/** CRIU stops such a tree with a signal, which on a busy machine comes later than its last stage. */
async function untilStoppedAgain({checkpoint}: SessionParts, pid: number): Promise<void> {
	const [root] = checkpoint.readSnapshot('before')?.processes ?? [];
	if (root?.threads[0]?.state !== 'T') return;
	const end = performance.now() + stopLimitMs;
	while (readStat(pid)?.state !== 'T' && performance.now() < end) await delay(stopLookMs);
}

/** Compares all moments, tells the verdict, and then finds out the backtraces, for which nobody has to wait. */
export async function judgeAll(
	parts: SessionParts,
	stopped: Snapshot | undefined,
	seen: Snapshot,
): Promise<Verdict> {
	const {log, moments} = parts;
	const after = inOwnNumbers(seen);
	const written = moments.read('image');
	const imageNow = await moments.readImages(written !== undefined);
	const image = written ?? imageNow;
	const isNew = [!written && image, !parts.gatekeeper.stepping && stopped, after];
	for (const snapshot of isNew) if (snapshot) note(parts, () => moments.store(snapshot));
	const held = moments.read('at-post-dump');
	const judged = judge({
		before: readBefore(parts),
		image,
		imageNow,
		after,
		...(stopped ? {preResume: stopped} : {}),
		...(held ? {held} : {}),
	});
	const {preserved, differences} = withMemory(judged, log.state.memory);
	const verdict = {preserved, differences: [...differences, ...(await staleNames(parts, after.connections))]};
	log.emit({type: 'verdict', verdict});
	await moments.traceBack().catch((error: unknown) => {
		note(parts, () => {
			throw error;
		});
	});
	return verdict;
}

function readBefore({checkpoint}: SessionParts): Snapshot {
	const before = checkpoint.readSnapshot('before');
	if (!before) throw new Fault('bad-snapshot', {path: checkpoint.dir, reason: 'no-before'});
	return before;
}
