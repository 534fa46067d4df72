import path from 'node:path';
import type {Checkpoint} from '../checkpoint/folder.js';
import {pidHere} from '../checkpoint/numbers.js';
import {targetOn} from '../checkpoint/on-bus.js';
import {rememberedConnections} from '../checkpoint/remembered.js';
import {isFrozen} from '../checkpoint/standing.js';
import {CheckpointStore} from '../checkpoint/store.js';
import {escapeText} from '../common/escape.js';
import {Fault} from '../common/fault.js';
import type {Snapshot} from '../context/model.js';
import {type CriuBinary, findCriu} from '../criu/find.js';
import {isKeepers} from '../dbus/announce/keepers.js';
import type {OutsideEnd} from '../dbus/hold.js';
import {resolveTarget} from '../dbus/target.js';
import {messages} from '../i18n/index.js';
import type {KeeperClient} from '../keeper/client.js';
import {startKeeper} from '../keeper/start.js';
import {rulesFor} from '../keeper/traffic-capture.js';
import {processTree} from '../process/tree.js';
import {observe} from '../session/observe.js';
import type {FreezeOptions} from '../session/options.js';
import type {Finding} from '../session/preflight/findings.js';
import {lackingFor} from '../session/preflight/machine.js';
import {ourCapabilities} from '../session/preflight/ourselves.js';
import {type HoldWhat, type Preflight, preflight} from '../session/preflight/preflight.js';
import {unitFindings} from '../session/unit-findings.js';
import {WatchedBus} from '../session/watched-bus.js';
import {examineUnit, type UnitExamination} from '../systemd/examine.js';
import {isUnitName, mainProcessOf} from '../systemd/unit-target.js';
import {busOf} from './bus.js';
import {connectionNotes} from './connection-text.js';
import type {CommandContext} from './context.js';

/** A target as it is before anything is touched. */
export interface Examined {
	pid: number;
	startTime: string;
	/** What to call it: its first name, else its command. */
	title: string;
	snapshot: Snapshot;
	/** Of the bus that it was looked for on. */
	busGuid: string;
	preflight: Preflight;
	/** Of its systemd unit, if it is in one. */
	unit?: UnitExamination;
}

/** A connection of our own to the bus, with what we remember of it. Throws `bus-unreachable`. */
export function watchBus(context: CommandContext): Promise<WatchedBus> {
	return WatchedBus.connect(busOf(context), (guid) => rememberedConnections(context.stateDir, guid));
}

export function requireRoot(operation: string): void {
	if (process.getuid?.() !== 0) throw new Fault('not-root', {operation});
}

/**
 * Finds the target on the bus and looks at it from all sides. Throws `no-target`, `ambiguous-target`,
 * `dead-pid`, `own-process`, `already-frozen`, `bus-unreachable`; of a unit `unit-inactive`, `no-systemd`.
 * @param connected a connection to ask over; by default one of its own.
 */
export async function examine(
	context: CommandContext,
	target: string,
	connected?: WatchedBus,
	hold?: HoldWhat,
): Promise<Examined> {
	const bus = connected ?? (await watchBus(context));
	try {
		const {peers} = await bus.facts();
		refuseFrozen(context, target, bus.guid);
		const isUnit = isUnitName(target) && !peers.some(({names}) => names.includes(target));
		const named = isUnit ? `pid:${await mainProcessOf(target)}` : target;
		const {pid} = resolveTarget(peers, named, bus.daemonPid);
		const tree = processTree(pid);
		const root = tree[0];
		if (!root || root.state === 'Z') throw new Fault('dead-pid', {pid});
		refuseAncestor(
			pid,
			tree.map((p) => p.pid),
			bus.daemonPid,
		);
		if (peers.some((peer) => peer.pid === pid && isKeepers(peer)))
			throw new Fault('own-process', {pid, role: 'keeper'});
		const snapshot = await observe('before', pid, bus);
		const unit = await examineUnit(pid);
		const judged = preflight(snapshot, ourCapabilities(), hold);
		const find = () => findCriu(context.criu, context.env);
		const lacking = await lackingFor(judged.needs, find, context.env);
		const name = snapshot.connections.flatMap((c) => c.names)[0]?.name ?? snapshot.processes[0]?.comm;
		return {
			pid,
			startTime: root.startTime,
			title: name ?? target,
			snapshot,
			busGuid: bus.guid,
			preflight: {
				...judged,
				blockers: [...judged.blockers, ...lacking],
				warnings: [...unitFindings(unit), ...judged.warnings],
			},
			...(unit ? {unit} : {}),
		};
	} finally {
		if (!connected) bus.close();
	}
}

/** What the options of `freeze` and `cycle` mean to the session. */
export interface BeginOptions
	extends Pick<FreezeOptions, 'stepping' | 'portable' | 'hold' | 'leaveRunning' | 'policy' | 'verifyMemory'> {
	output?: string;
	/** Save the service's traffic with the checkpoint. */
	capture?: boolean;
}

export interface Begun {
	client: KeeperClient;
	checkpoint: Checkpoint;
	options: FreezeOptions;
	title: string;
	/** Removes the folder when nothing worth keeping was written. */
	discard: () => void;
}

/** Checks everything, makes the checkpoint's folder and starts its keeper. Nothing of the target is touched. */
export async function begin(
	context: CommandContext,
	target: string,
	options: BeginOptions,
	connected?: WatchedBus,
): Promise<Begun> {
	requireRoot('freeze');
	const criu: CriuBinary = await findCriu(context.criu, context.env);
	const examined = await examine(context, target, connected, options.hold);
	const {blockers} = examined.preflight;
	if (blockers.length > 0) throw new Fault('preflight', {blockers});
	const store = new CheckpointStore(context.stateDir);
	const checkpoint = store.create(examined.title, options.output, new Date());
	const discard = () => store.discard(checkpoint);
	try {
		const client = await startKeeper(checkpoint, {
			bus: busOf(context),
			criu,
			stateDir: path.resolve(context.stateDir),
		});
		const {pid, startTime, title} = examined;
		const {stepping, portable, hold = 'needed', leaveRunning, policy, verifyMemory = false} = options;
		const capture = options.capture ? {capture: captureRules(examined.snapshot, examined.busGuid)} : {};
		return {
			client,
			checkpoint,
			title,
			discard,
			options: {pid, startTime, stepping, portable, hold, leaveRunning, policy, verifyMemory, ...capture},
		};
	} catch (error) {
		discard();
		throw error;
	}
}

/** Of the connections to the bus with this guid: a process can be on several. */
function captureRules({connections}: Snapshot, guid: string): string[] {
	const here = connections.filter(({busGuid = guid}) => busGuid === guid);
	return here.flatMap(({uniqueName, names}) =>
		rulesFor(
			uniqueName,
			names.map(({name}) => name),
		),
	);
}

export function findingText({finding, params}: Finding): string {
	const text = messages().findings[finding]?.(params) ?? `${finding} ${JSON.stringify(params)}`;
	return escapeText(text);
}

/** What is held and why, for people. */
export function heldText(end: OutsideEnd, {connections, processes}: Snapshot): string {
	const text = messages().cli;
	const connection = connections.find((one) => one.inode === end.inode);
	if (connection) {
		const names = connection.names.map(({name}) => name).join(' ');
		const notes = connectionNotes(connection, connections, processes);
		return escapeText(`${text.doctor.connection(connection.uniqueName, names)}${notes}`);
	}
	const params = {pid: end.pid, fd: end.fd, peer: end.peer};
	return findingText({finding: `held-${end.kind}`, params});
}

/** A frozen service is still on the bus, but its process is not there to be frozen. */
function refuseFrozen(context: CommandContext, target: string, guid: string): void {
	for (const {checkpoint, manifest} of new CheckpointStore(context.stateDir).list()) {
		if (!(manifest instanceof Fault) && manifest.unit?.name === target && isFrozen(manifest))
			throw new Fault('already-frozen', {target, checkpoint: checkpoint.dir}, {processState: 'frozen'});
		const known = manifest instanceof Fault ? undefined : targetOn(manifest, guid);
		if (manifest instanceof Fault || !known || !isFrozen(manifest)) continue;
		const {names, uniqueName} = known;
		const pid = pidHere(manifest);
		const called = [uniqueName, `pid:${pid}`, ...names].includes(target);
		if (called || names.some((name) => name.endsWith(`.${target}`)))
			throw new Fault('already-frozen', {target, checkpoint: checkpoint.dir}, {processState: 'frozen'});
	}
}

/** The keeper and this program would be frozen with it, and nobody could thaw. */
function refuseAncestor(pid: number, tree: number[], daemonPid: number | undefined): void {
	if (tree.includes(process.pid)) throw new Fault('own-process', {pid, role: 'ancestor'});
	if (daemonPid !== undefined && tree.includes(daemonPid))
		throw new Fault('own-process', {pid, role: 'daemon'});
}
