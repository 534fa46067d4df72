import {setTimeout as delay} from 'node:timers/promises';
import {copiesOf, refuseMoved} from '../checkpoint/move/copies.js';
import {Fault} from '../common/fault.js';
import type {Snapshot} from '../context/model.js';
import {inOwnNumbers} from '../context/own-numbers.js';
import {ownedNames} from '../context/owned-names.js';
import {numbersIn} from '../criu/images/numbers.js';
import {requireWholePages} from '../criu/memory/dumped.js';
import {failure} from '../criu/run.js';
import type {StageNotice} from '../criu/stage-gate.js';
import {readStat} from '../kernel/proc-stat.js';
import {KeptSocketPaths} from '../process/socket-paths.js';
import {answersOf} from './answers.js';
import type {Decision, ThawResult} from './events.js';
import {abortFault, asFault} from './faults.js';
import {judgeAll, observeAfter} from './judge.js';
import {type LostLocks, lockAgain, lostLocks} from './lost-locks.js';
import {requireAbleMachine, tellOfMachine} from './machine-checks.js';
import {MemoryCheck, thoroughness} from './memory.js';
import {lookAt} from './moments.js';
import type {ThawOptions} from './options.js';
import {announce, endHold, keepService, note, type SessionParts, updateManifest, warn} from './parts.js';
import {learnNumbers, rememberNumbers, tellOfMistakenPids} from './pid-namespace.js';
import {waitForPids} from './pids.js';
import {Reconnection} from './reconnect.js';
import {LaunchedRestore} from './restore.js';
import {restoreReusePort} from './reuse-port.js';
import {requireSameFiles} from './thaw-checks.js';
import {enterUnit, leaveUnit, returnUnit, unitAfterFailure} from './unit.js';

/**
 * Restores the frozen tree with the held connections: checks → restore, stage by stage → snapshots → verdict.
 * Until the tree runs, every way out leaves it frozen and thawable.
 * @param launched a restore that was started early; by default it is started now.
 */
export async function thaw(
	parts: SessionParts,
	options: ThawOptions,
	launched?: LaunchedRestore,
): Promise<ThawResult> {
	const start = performance.now();
	let restore = launched;
	let lacking: string[] | undefined;
	let reconnection: Reconnection | undefined;
	const {manifest, log, checkpoint} = parts;
	if (manifest?.state !== 'frozen') throw new Error('thaw of a session that is not frozen');
	const {pid: ownPid, comm, names} = manifest.target;
	parts.gatekeeper.begin(options.stepping);
	log.emit({type: 'started', operation: 'thaw', pid: ownPid, comm, names, checkpoint: checkpoint.dir});
	announce(parts, 'Thawing');
	try {
		// A thaw right after the freeze finds everything as it was.
		if (!launched) {
			lacking = await requireAbleMachine(checkpoint, manifest, async () => parts.criu, options);
			await requireSameFiles(parts);
			await requireWholePages(checkpoint.images);
		}
		// Nobody is asked twice: a connection that is over is made anew without being told to.
		const isOver = options.reconnect || !parts.service || parts.service.isHungUp;
		const isNested = (options.pidNamespace ?? false) || manifest.nested === true;
		if (isOver) {
			// It was started with the connections of before.
			await restore?.cancel();
			restore = undefined;
			await enterUnit(parts, options.stopUnit ?? false, isNested);
		}
		learnNumbers(parts, isNested);
		const numbers = restore ? manifest.target.pids : await numbersIn(checkpoint.images);
		if (isNested) warn(parts, 'pid-namespace', {pid: ownPid});
		else await waitForPids(parts, numbers);
		if (!launched) tellOfMachine(parts, manifest, lacking);
		if (isOver) reconnection = await Reconnection.begin(parts, isNested, options.address);
		restore ??= new LaunchedRestore(parts, options.leaveStopped, {
			anyCpu: options.otherCpu ?? false,
			...(isNested ? {nested: numbers} : {}),
		});
		note(parts, () => updateManifest(parts, {state: 'thawing'}));
		parts.unit?.say('thawing');
		// Once more: whoever moves it away marks it first, and then looks at its state.
		if (!options.force) refuseMoved(checkpoint);
		tellOfCopies(parts);
		const memory = new MemoryCheck(parts, thoroughness(options, launched ? 'none' : 'quick'));
		const {ms: restoreMs, stopped} = await restoreTree(parts, restore, memory, reconnection);
		const resumedAt = Date.now();
		const pid = parts.numbers.here(ownPid);
		log.emit({type: 'process', state: 'running', pid});
		note(parts, () => updateManifest(parts, {state: 'thawed', resumedAt, keeper: null}));
		await returnUnit(parts, pid);
		announce(parts, 'Thawed');
		memory.tell();
		const connections = parts.manifest?.connections ?? [];
		const before = parts.moments.read('before');
		restoreReusePort(before, parts.numbers);
		const answers = options.leaveStopped ? new Map() : await answersOf(parts, connections, before);
		const after = await observeAfter(parts, pid, connections, answers);
		parts.service?.finish();
		endHold(parts);
		tellOfMistakenPids(parts, after);
		const verdict = await judgeAll(parts, stopped, after);
		const totalMs = performance.now() - start;
		const {unit} = parts;
		await leaveUnit(parts);
		const here = after.connections.filter(({busGuid}) => busGuid === parts.bus.guid);
		const result: ThawResult = {
			ok: true,
			pid,
			...(pid === ownPid ? {} : {ownPid}),
			mode: connections.some(({reconnectedFrom}) => reconnectedFrom) ? 'reconnected' : 'held',
			uniqueName: {before: manifest.target.uniqueName, after: here[0]?.uniqueName ?? ''},
			names: ownedNames(here),
			...(unit ? {unit: {name: unit.unit, mainPid: pid, started: unit.isStarting}} : {}),
			stages: parts.gatekeeper.times,
			timings: {
				restoreMs,
				totalMs,
				downtimeMs: resumedAt - (parts.manifest?.stoppedAt ?? resumedAt),
			},
			verdict,
			...(log.state.memory ? {memory: log.state.memory} : {}),
			warnings: log.state.warnings,
		};
		log.emit({type: 'finished', operation: 'thaw', result});
		return result;
	} catch (error) {
		await restore?.cancel();
		reconnection?.abandon();
		throw await reportFailure(parts, error);
	}
}

/** Copies that were packed may be thawed where nobody tells us. */
function tellOfCopies(parts: SessionParts): void {
	const places = copiesOf(parts.checkpoint).map(({to}) => to);
	if (places.length > 0) warn(parts, 'copies-exist', {places: places.join(', ')});
}

/** What is thawed onto a connection that the daemon has closed would be dead on the bus. */
function requireConnected({service, checkpoint}: SessionParts): void {
	if (service?.isHungUp) throw lostHold({checkpoint});
}

function lostHold({checkpoint}: Pick<SessionParts, 'checkpoint'>): Fault {
	const where = {processState: 'frozen'} as const;
	return new Fault('hold-lost', {checkpoint: checkpoint.dir, reason: 'daemon-gone'}, where);
}

/** How long after its death a daemon's connections may take to end, milliseconds. */
const endingMs = 300;

/** What fails because the daemon is just ending is told as that. */
async function whileConnected(parts: SessionParts, work: () => Promise<void>): Promise<void> {
	try {
		await work();
	} catch (error) {
		const end = performance.now() + endingMs;
		while (parts.service?.isHungUp === false && performance.now() < end) await delay(5);
		requireConnected(parts);
		// Its descriptors may outlive it for a moment, in the kernel.
		if (isGone(parts.bus.daemonPid)) throw lostHold(parts);
		throw error;
	}
}

function isGone(pid: number | undefined): boolean {
	return pid !== undefined && /[ZX]/.test(readStat(pid)?.state ?? 'X');
}

async function restoreTree(
	parts: SessionParts,
	launched: LaunchedRestore,
	memory: MemoryCheck,
	reconnection: Reconnection | undefined,
): Promise<{ms: number; stopped: Snapshot | undefined}> {
	let stopped: Snapshot | undefined;
	let paths: KeptSocketPaths | undefined;
	let lost: LostLocks = new Map();
	let isLetGo = false;
	parts.gatekeeper.abortedBy = undefined;
	const outcome = await launched.proceed(async (notice) => {
		if (notice.stage === 'pre-restore') {
			memory.prepare();
			paths = new KeptSocketPaths(listenerPaths(parts));
		}
		if (notice.stage === 'post-resume') lockAgain(parts, lost);
		if (notice.stage === 'pre-resume') {
			stopped = keepStopped(parts, notice.pid);
			lost = await lostLocks(parts.checkpoint.images, stopped);
			await memory.atPreResume();
			// From here on it runs, whatever becomes of us.
			parts.unit?.say('running', notice.pid);
		} else if (parts.gatekeeper.stepping && notice.pid > 0) {
			const inCriu = stopped === undefined;
			note(parts, () => parts.moments.storeStage('thaw', notice.stage, notice.pid, inCriu));
		}
		const decision = await atRestoreStage(parts, notice);
		if (notice.stage === 'post-restore' && decision === 'continue') {
			await reconnection?.complete();
			requireConnected(parts);
			note(parts, () => rememberNumbers(parts));
			await whileConnected(parts, () => handBack(parts));
			isLetGo = true;
		}
		if (notice.stage === 'post-restore') paths?.close();
		return decision;
	});
	paths?.close();
	if (outcome.ok) return {ms: outcome.ms, stopped};
	// It is complete and has everything: that criu could not finish its own work has only to be told.
	if (isLetGo && outcome.runs) {
		warn(parts, 'restore-ended-badly', {stage: outcome.stage ?? ''});
		return {ms: outcome.ms, stopped};
	}
	if (launched.stageError) throw asFault(launched.stageError, 'frozen', parts.checkpoint.dir);
	if (parts.gatekeeper.abortedBy) throw abortFault(parts, 'thaw', outcome.stage, 'frozen');
	throw failure('restore', outcome, launched.run, 'frozen');
}

/** Of those that CRIU takes for listening sockets. */
function listenerPaths({held}: SessionParts): string[] {
	return held.flatMap(({kind, isExternal, path}) =>
		kind === 'listener' && !isExternal && path ? [path] : [],
	);
}

/**
 * The last moment at which everything can be undone and nothing of the service runs: gives it what has waited.
 * Messages whose descriptors are lost are left out and told of.
 */
async function handBack({service, log}: SessionParts): Promise<void> {
	const result = await service?.handBack();
	if (!result || result.messages === 0) return;
	const {messages, bytes, stops, undeliverable, unwanted} = result;
	const longestStopMs = Math.max(...stops, 0);
	log.emit({type: 'handed-back', messages, bytes, stops: stops.length, longestStopMs});
	const left = {undeliverable: undeliverable.length, 'calls-given-up': unwanted};
	for (const [warning, messages] of Object.entries(left))
		if (messages > 0) log.emit({type: 'warning', warning, params: {messages}});
}

/**
 * The moment of truth: everything is restored and nothing has run yet. When nobody looks at it now, only what can
 * change later is seen, quickly, and written down when the process runs.
 */
function keepStopped(parts: SessionParts, pid: number): Snapshot {
	const {stepping} = parts.gatekeeper;
	const stopped = inOwnNumbers(lookAt('pre-resume', pid, !stepping));
	if (stepping) note(parts, () => parts.moments.store(stopped));
	return stopped;
}

/** criu ignores an abort from pre-resume on: the tree is complete and will run. */
function atRestoreStage(parts: SessionParts, {stage}: StageNotice): Promise<Decision> {
	const abortable = stage !== 'pre-resume' && stage !== 'post-resume';
	return parts.gatekeeper.pass({operation: 'thaw', stage, abortable, commitPoint: stage === 'post-restore'});
}

/** A restore that fails kills what it had made; the images and what we hold are as before. */
async function reportFailure(parts: SessionParts, error: unknown): Promise<Fault> {
	const runs = parts.manifest?.state === 'thawed';
	const fault = asFault(error, runs ? 'running' : 'frozen', parts.checkpoint.dir);
	if (!runs) {
		fault.processState = 'frozen';
		note(parts, () => updateManifest(parts, {state: 'frozen'}));
		await unitAfterFailure(parts);
		await parts.service?.takeBack();
		await keepService(parts);
	} else await leaveUnit(parts);
	if (fault.code === 'process-lost') {
		note(parts, () => updateManifest(parts, {state: 'lost'}));
		parts.log.emit({type: 'process', state: 'lost', pid: parts.manifest?.target.pid ?? 0});
	}
	announce(parts, 'Aborted');
	parts.log.emit({type: 'failed', operation: 'thaw', fault: fault.toJSON()});
	return fault;
}
