import {setTimeout as delay} from 'node:timers/promises';
import {Fault} from '../common/fault.js';
import type {Credentials, ProcessSnapshot, Snapshot} from '../context/model.js';
import {forgetCarriedDescriptors} from '../criu/images/carried.js';
import {forgetClocks, mendTimers} from '../criu/images/clocks.js';
import {leaveUserNamespace} from '../criu/images/user-namespace.js';
import {type CriuRun, dump, failure} from '../criu/run.js';
import type {StageNotice} from '../criu/stage-gate.js';
import {descriptorsWait} from '../dbus/held/waiting.js';
import {waitUntilReaped} from '../kernel/pidfd.js';
import {isAlive, isSameProcess} from '../kernel/proc-stat.js';
import {credentialsOf} from '../process/credentials.js';
import {readNamespaces} from '../process/namespaces.js';
import {readStatus} from '../process/status.js';
import {settleTarget} from './dump-cut-short.js';
import type {Decision} from './events.js';
import {abortFault, asFault} from './faults.js';
import {identifyConnections} from './identify.js';
import {MemoryCheck, thoroughness} from './memory.js';
import type {FreezeOptions, ThawFollows} from './options.js';
import {criuJob, endHold, note, reapLimitMs, type SessionParts, updateManifest, warn} from './parts.js';
import {requireUnit} from './unit.js';

/**
 * How often a service that was busy writing when it was stopped is let run on and dumped again, and how long it
 * runs after the n-th time, n times as many milliseconds. Under full load 4–18 % of stops hit such a moment.
 */
const settleAttempts = 5;
const settlePauseMs = 20;

/**
 * Dumps the held tree, stage by stage. Returns milliseconds of criu's work. Throws with the state the process is in
 * then; past the commit point it does not throw.
 */
export async function dumpTree(
	parts: SessionParts,
	options: FreezeOptions,
	before: Snapshot,
	follow: ThawFollows | undefined,
): Promise<number> {
	for (let attempt = 1; ; attempt++) {
		try {
			return await dumpOnce(parts, options, before, follow, attempt > 1);
		} catch (error) {
			const wasBusy = error instanceof Fault && error.code === 'cannot-refuse';
			if (!wasBusy || attempt === settleAttempts) throw error;
			parts.log.emit({type: 'progress', step: 'settle', detail: String(attempt)});
			parts.checkpoint.emptyImages();
			await delay(settlePauseMs * attempt);
		}
	}
}

async function dumpOnce(
	parts: SessionParts,
	options: FreezeOptions,
	before: Snapshot,
	follow: ThawFollows | undefined,
	isAgain: boolean,
): Promise<number> {
	const memory = new MemoryCheck(parts, thoroughness(options, 'none'));
	let stageError: unknown;
	const run: CriuRun = {
		criu: parts.criu.path,
		job: criuJob(parts, 'dump'),
		place: parts.place,
		gate: parts.gates.dump,
		limitSeconds: parts.criuLimitSeconds,
		onEnd: () => parts.gatekeeper.forget(),
		onStage: async (notice) => {
			try {
				// What was decided before the first attempt need not be decided again.
				if (isAgain && notice.stage === 'pre-dump') return 'continue';
				return await atDumpStage(parts, notice, options, before, memory, follow);
			} catch (error) {
				stageError = error;
				return 'abort';
			}
		},
	};
	parts.gatekeeper.abortedBy = undefined;
	const outcome = await dump(parts.numbers.own(options.pid), options.leaveRunning, run);
	const committed = parts.manifest?.state === 'frozen';
	if (outcome.signal !== undefined) await settleTarget(before, committed);
	const alive = isAlive(options.pid, options.startTime);
	if (!outcome.ok && (alive || !committed)) {
		const state = alive ? 'running' : 'lost';
		if (stageError) throw asFault(stageError, state, parts.checkpoint.dir);
		if (parts.gatekeeper.abortedBy) throw abortFault(parts, 'freeze', outcome.stage, state);
		throw failure('dump', outcome, run, state);
	}
	// Past the commit point the images are complete: a criu that stumbled afterwards has only to be told of.
	if (!outcome.ok) warn(parts, 'dump-ended-badly', {stage: outcome.stage ?? ''});
	if (options.leaveRunning) leaveRunning(parts);
	else parts.log.emit({type: 'process', state: 'frozen', pid: before.pid});
	return outcome.ms;
}

async function atDumpStage(
	parts: SessionParts,
	{stage}: StageNotice,
	options: FreezeOptions,
	before: Snapshot,
	memory: MemoryCheck,
	follow: ThawFollows | undefined,
): Promise<Decision> {
	const commitPoint = stage === 'post-dump' && !options.leaveRunning;
	if (stage === 'post-dump') {
		if (!options.leaveRunning) {
			requireConnected(parts);
			requireUnit(parts);
			await forgetCarried(parts);
			if (before.processes.some(hasTimer)) await mendTimers(parts.checkpoint.images);
			if (before.processes.some(({leavesUserNamespace}) => leavesUserNamespace))
				await leaveUserNamespace(parts.checkpoint.images, (tid) =>
					outsideCredentials(parts.numbers.here(tid)),
				);
			if (parts.place.sameClocks) await forgetClocks(parts.checkpoint.images);
			await identifyConnections(parts, before);
			if (!follow || parts.service?.policy === 'refuse') await settle(parts, before);
		}
		follow?.onImages();
		await memory.atPostDump();
	}
	if (parts.gatekeeper.stepping)
		note(parts, () => parts.moments.storeStage('freeze', stage, options.pid, false));
	const decision = await parts.gatekeeper.pass({
		operation: 'freeze',
		stage,
		abortable: stage === 'pre-dump' || stage === 'post-dump',
		commitPoint,
	});
	if (decision === 'abort') return decision;
	if (stage === 'pre-dump') updateManifest(parts, {stoppedAt: Date.now()});
	// From the next instant on the process may be gone: whoever finds this folder must know it.
	if (commitPoint) {
		requireUnit(parts);
		parts.unit?.say('frozen');
		updateManifest(parts, {state: 'frozen'});
		parts.service?.stoppedAt(parts.manifest?.stoppedAt ?? Date.now());
	}
	return decision;
}

/** While they stand still: also of those that have come since the snapshot was taken. */
function outsideCredentials(tid: number): Credentials | undefined {
	const namespaces = readNamespaces(tid);
	if (namespaces && namespaces.user === readNamespaces(process.pid)?.user) return undefined;
	const status = readStatus(`/proc/${tid}`);
	const credentials = status && credentialsOf(status);
	if (!credentials) throw new Fault('dead-pid', {pid: tid}, {processState: 'running'});
	return credentials;
}

const hasTimer = ({fds}: ProcessSnapshot): boolean => fds.some(({kind}) => kind === 'timerfd');

/** Frozen without a connection it could only be thawed without one; running, it sees the end of it like anybody. */
function requireConnected({service, bus}: SessionParts): void {
	if (!service?.isHungUp) return;
	const where = {stage: 'post-dump', processState: 'running'} as const;
	throw new Fault('connection-closed', {address: bus.address}, where);
}

/**
 * Sees whether somebody may answer calls in the service's place, which stands still now and only now. With the
 * policy `queue` it is only noted, in case that the policy is changed.
 */
async function settle({service}: SessionParts, before: Snapshot): Promise<void> {
	const busy = await service?.settle(before.processes.map(({pid}) => pid));
	if (!busy || service?.policy !== 'refuse') return;
	throw new Fault('cannot-refuse', busy, {stage: 'post-dump', processState: 'running'});
}

/** Unread messages that carry descriptors stay in the held sockets; see `forgetCarriedDescriptors`. */
async function forgetCarried({held, checkpoint}: SessionParts): Promise<void> {
	const sockets = held.filter(({kind}) => kind === 'socket');
	if (!sockets.some(({ourFd}) => descriptorsWait(ourFd))) return;
	await forgetCarriedDescriptors(checkpoint.images, new Set(sockets.map(({inode}) => inode)));
}

/** The images are a picture of a process that goes on with its own connections: nothing is held for it. */
function leaveRunning(parts: SessionParts): void {
	endHold(parts);
	updateManifest(parts, {state: 'left-running', keeper: null});
}

/** A restore needs the pids, and a zombie occupies its pid until its parent reaps it. */
export async function reap(parts: SessionParts, before: Snapshot): Promise<number> {
	const start = performance.now();
	for (const {pid, startTime} of before.processes) {
		if (startTime === undefined || !isSameProcess(pid, startTime)) continue;
		const left = Math.max(reapLimitMs - (performance.now() - start), 0);
		if (await waitUntilReaped(pid, startTime, 100)) continue;
		parts.log.emit({type: 'progress', step: 'reap', detail: String(pid)});
		if (!(await waitUntilReaped(pid, startTime, left))) warn(parts, 'not-reaped', {pid});
	}
	return performance.now() - start;
}
