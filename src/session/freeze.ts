import {folderBytes} from '../checkpoint/files.js';
import {Fault} from '../common/fault.js';
import type {Snapshot} from '../context/model.js';
import {announceName} from '../dbus/announce/interface.js';
import {type HeldEnd, hold, type OutsideEnd} from '../dbus/hold.js';
import {saveBus, saveSocket} from '../dbus/reconnect/saved.js';
import {SystemCallError} from '../kernel/errors.js';
import {isAlive, readStat} from '../kernel/proc-stat.js';
import {numbersOf} from '../process/pid-namespace.js';
import type {StackCopies} from '../process/snapshot.js';
import {allHeld, describeCheckpoint, portabilityOf} from './describe.js';
import {dumpTree, reap} from './dump.js';
import type {FreezeResult} from './events.js';
import {abortFault, asFault} from './faults.js';
import {allFacts, observe} from './observe.js';
import type {FreezeOptions, ThawFollows} from './options.js';
import {announce, endHold, keepService, note, type SessionParts, updateManifest, warn} from './parts.js';
import {openPlace} from './place.js';
import {ourCapabilities} from './preflight/ourselves.js';
import {preflight} from './preflight/preflight.js';
import {openService} from './service.js';
import {keepUnit, leaveUnit, returnUnit} from './unit.js';

/**
 * Freezes the tree under `pid`: snapshot → hold → dump, stage by stage → frozen. Before the commit point every
 * way out leaves the service running as it was; after it the service is frozen and we hold its connections.
 */
export async function freeze(
	parts: SessionParts,
	options: FreezeOptions,
	follow?: ThawFollows,
): Promise<FreezeResult> {
	const start = performance.now();
	parts.gatekeeper.begin(options.stepping);
	try {
		const before = await takeSnapshot(parts, options);
		const holdMs = await holdOutsideEnds(parts, options, before);
		if (!options.leaveRunning) await keepUnit(parts, options);
		follow?.onHeld();
		const dumpMs = await dumpTree(parts, options, before, follow);
		// A thaw that follows at once finds messages where they are.
		if (!options.leaveRunning && !(follow && options.policy === 'queue')) await keepService(parts);
		announce(parts, options.leaveRunning ? 'Aborted' : 'Frozen');
		const reapMs = options.leaveRunning ? 0 : await reap(parts, before);
		// Whoever thaws at once waits neither for what is only written down nor for the disk.
		if (!follow) {
			await rememberImages(parts);
			await parts.checkpoint.sync().catch((error: unknown) => {
				note(parts, () => {
					throw error;
				});
			});
		}
		const result = resultOf(parts, {holdMs, dumpMs, reapMs, totalMs: performance.now() - start});
		parts.log.emit({type: 'finished', operation: 'freeze', result});
		return result;
	} catch (error) {
		throw await reportFailure(parts, error, options);
	}
}

/** What the images say while nobody can have changed them. */
async function rememberImages(parts: SessionParts): Promise<void> {
	const image = await parts.moments.readImages(true);
	note(parts, () => parts.moments.store(image));
	await parts.moments.traceBack().catch((error: unknown) => {
		note(parts, () => {
			throw error;
		});
	});
}

async function takeSnapshot(parts: SessionParts, options: FreezeOptions): Promise<Snapshot> {
	requireSame(options);
	const stacks: StackCopies = new Map();
	const before = await observe('before', options.pid, parts.bus, [], stacks);
	requireSame(options);
	// None, because it has none, or because the daemon has just ended: then it does not answer.
	if (before.connections.length === 0) await parts.bus.facts();
	parts.checkpoint.writeSnapshot(before);
	parts.moments.keepStacks(before, stacks);
	if (options.stepping) await parts.moments.traceBack();
	parts.numbers = numbersOf(before.processes.map(({pid}) => pid));
	parts.manifest = describeCheckpoint(parts, options, before);
	parts.checkpoint.writeManifest(parts.manifest);
	const {comm, names} = parts.manifest.target;
	const {pid} = options;
	parts.log.emit({type: 'started', operation: 'freeze', pid, comm, names, checkpoint: parts.checkpoint.dir});
	parts.log.emit({type: 'process', state: 'running', pid});
	parts.log.emit({type: 'policy', policy: options.policy});
	announce(parts, 'Freezing');
	if (parts.announcer.standing === 'forbidden') warn(parts, 'not-announced', {name: announceName});
	parts.log.emit({type: 'snapshot', moment: 'before'});
	parts.log.emit({type: 'connections', connections: before.connections});
	await passOrAbort(parts, 'snapshot');
	return before;
}

async function holdOutsideEnds(
	parts: SessionParts,
	options: FreezeOptions,
	before: Snapshot,
): Promise<number> {
	const start = performance.now();
	const {blockers, held: ends, needs} = preflight(before, ourCapabilities(), options.hold);
	if (blockers.length > 0) throw new Fault('preflight', {blockers});
	const portableBecause = portabilityOf(ends, needs, before);
	if (options.portable && portableBecause.length > 0)
		throw new Fault('not-portable', {reasons: portableBecause});
	parts.held = holdNow(parts, options, ends);
	parts.place = await openPlace(needs, options.pid, parts.criu, process.env);
	requireSame(options);
	parts.service = openService(parts, before.connections);
	await parts.service.prepare();
	await saveForReconnect(parts, before);
	if (parts.held.some(({external}) => external) || needs.outOfUserNamespace.length > 0)
		rememberForThaw(parts, before, needs.outOfUserNamespace);
	const held = allHeld(parts, before);
	updateManifest(parts, {held, portable: portableBecause.length === 0, portableBecause});
	parts.log.emit({type: 'held', held, portableBecause});
	const ms = performance.now() - start;
	await passOrAbort(parts, 'hold');
	return ms;
}

/** What CRIU knows nothing of must come back as the very same thing; and what is known to change, is no surprise. */
function rememberForThaw(
	{held, checkpoint}: SessionParts,
	before: Snapshot,
	leaving: readonly number[],
): void {
	for (const process of before.processes) {
		for (const fd of process.fds) {
			const isHeld = held.some((end) => end.external && end.pid === process.pid && end.fd === fd.fd);
			if (isHeld) fd.held = true;
		}
		if (leaving.includes(process.pid)) process.leavesUserNamespace = true;
	}
	checkpoint.writeSnapshot(before);
}

/** In every freeze: nobody knows whether what we hold outlives us. */
async function saveForReconnect({checkpoint, bus, held}: SessionParts, before: Snapshot): Promise<void> {
	const connections = new Set(before.connections.map(({inode}) => inode));
	const buses = await allFacts(bus, before.processes);
	checkpoint.writeReconnect({
		sockets: held
			.filter(({inode}) => connections.has(inode))
			.map(({ourFd, inode}) => saveSocket(ourFd, inode)),
		buses: buses.map(({address, peers}) => saveBus(address, peers)),
	});
}

/** What was open when we looked may be closed by now: a service whose bus ends closes its connection. */
function holdNow({bus}: SessionParts, options: FreezeOptions, ends: readonly OutsideEnd[]): HeldEnd[] {
	try {
		return hold(ends);
	} catch (error) {
		if (!(error instanceof SystemCallError) || !['EBADF', 'ESRCH'].includes(error.code)) throw error;
		requireSame(options);
		throw new Fault('connection-closed', {address: bus.address}, {processState: 'running', cause: error});
	}
}

function resultOf(parts: SessionParts, timings: FreezeResult['timings']): FreezeResult {
	const {manifest, log, checkpoint, gatekeeper, unit} = parts;
	if (!manifest) throw new Error('no manifest');
	return {
		ok: true,
		checkpoint: checkpoint.dir,
		pid: parts.numbers.here(manifest.target.pid),
		uniqueName: manifest.target.uniqueName,
		names: manifest.target.names,
		connections: manifest.connections,
		held: manifest.held,
		stages: gatekeeper.times,
		timings,
		imageBytes: folderBytes(checkpoint.images),
		portable: manifest.portable,
		portableBecause: manifest.portableBecause,
		keeperPid: process.pid,
		...(unit ? {unit: {name: unit.unit, holderPid: unit.holderPid}} : {}),
		...(log.state.memory ? {memory: log.state.memory} : {}),
		warnings: log.state.warnings,
	};
}

/**
 * Past the commit point it stays frozen and held. Before it the service runs on (or is lost, which is said), and
 * nothing of ours may stay in its way.
 */
async function reportFailure(parts: SessionParts, error: unknown, options: FreezeOptions): Promise<Fault> {
	const alive = isAlive(options.pid, options.startTime);
	const frozen = !alive && parts.manifest?.state === 'frozen';
	const fault = asFault(error, alive ? 'running' : frozen ? 'frozen' : 'lost', parts.checkpoint.dir);
	if (!frozen) {
		await giveUnitBack(parts, options, alive);
		endHold(parts);
		const state = alive ? 'aborted' : 'lost';
		if (parts.manifest) note(parts, () => updateManifest(parts, {state, keeper: null}));
	}
	announce(parts, 'Aborted');
	parts.log.emit({type: 'failed', operation: 'freeze', fault: fault.toJSON()});
	return fault;
}

/** The process, if it is still there, is its unit's main process as before; else the unit has lost it. */
async function giveUnitBack(parts: SessionParts, {pid}: FreezeOptions, alive: boolean): Promise<void> {
	if (alive) {
		await returnUnit(parts, pid);
		await leaveUnit(parts);
		return;
	}
	const {unit} = parts;
	parts.unit = undefined;
	await unit?.abandon();
}

async function passOrAbort(parts: SessionParts, stage: string): Promise<void> {
	const decision = await parts.gatekeeper.pass({
		operation: 'freeze',
		stage,
		abortable: true,
		commitPoint: false,
	});
	if (decision === 'abort') throw abortFault(parts, 'freeze', stage, 'running');
}

function requireSame({pid, startTime}: FreezeOptions): void {
	if (isAlive(pid, startTime)) return;
	const other = readStat(pid);
	throw new Fault(other && other.startTime !== startTime ? 'pid-reused' : 'dead-pid', {pid});
}
