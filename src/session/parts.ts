import type {Checkpoint} from '../checkpoint/folder.js';
import type {Manifest} from '../checkpoint/manifest.js';
import {Fault} from '../common/fault.js';
import type {CriuJob} from '../criu/arguments.js';
import type {CriuBinary} from '../criu/find.js';
import {type CriuPlace, ordinaryPlace} from '../criu/place.js';
import type {StageGate} from '../criu/stage-gate.js';
import type {Announcer} from '../dbus/announce/announcer.js';
import type {AnnouncedMoment} from '../dbus/announce/interface.js';
import type {Policy} from '../dbus/held/connection.js';
import type {HeldService} from '../dbus/held/service.js';
import {type HeldEnd, letGo} from '../dbus/hold.js';
import {startTime} from '../kernel/proc-stat.js';
import type {Numbers} from '../process/numbers.js';
import type {UnitPlace} from '../systemd/unit-place.js';
import type {EventLog} from './event-log.js';
import type {Warning} from './events.js';
import type {Gatekeeper} from './gatekeeper.js';
import type {Moments} from './moments.js';
import {closePlace} from './place.js';
import type {WatchedBus} from './watched-bus.js';

/** What a freeze and the later thaw of one target share while their keeper lives. */
export interface SessionParts {
	readonly checkpoint: Checkpoint;
	readonly log: EventLog;
	readonly moments: Moments;
	readonly gatekeeper: Gatekeeper;
	/** One for each direction: a restore is started while the dump is still ending. */
	readonly gates: Record<'dump' | 'restore', StageGate>;
	readonly criu: CriuBinary;
	/** What `criu check` says of this kernel; nothing if all is well. */
	readonly criuComplaint?: string | undefined;
	readonly criuLimitSeconds: number;
	bus: WatchedBus;
	/** Tells everybody on the bus what happens to the target. */
	announcer: Announcer;
	/**
	 * Connects `bus` and `announcer` anew if their daemon is another one by now, or to another address. Who calls it
	 * closes the old ones. Throws `bus-unreachable`.
	 */
	reopenBus: (address?: string) => Promise<void>;
	/** Our duplicates of the outside ends; empty before the hold and after the thaw. */
	held: HeldEnd[];
	/** Where criu runs for this target. */
	place: CriuPlace;
	/** What its processes are called here; until they are there, what they were last called. */
	numbers: Numbers;
	/** The bus connections among them, from the hold to the thaw. */
	service: HeldService | undefined;
	/** Our place in the target's systemd unit, while it is frozen and if it is one's main process. */
	unit: UnitPlace | undefined;
	/** What is, or should be, on disk. */
	manifest: Manifest | undefined;
}

/** Who holds what is frozen: this process. */
export function thisKeeper(): NonNullable<Manifest['keeper']> {
	return {pid: process.pid, startTime: startTime(process.pid) ?? ''};
}

/** Changes some fields of the manifest, in memory at once and then on disk; throws when the disk does not take it. */
export function updateManifest(parts: SessionParts, changes: Partial<Manifest>): Manifest {
	if (!parts.manifest) throw new Error('no manifest yet');
	const manifest = {...parts.manifest, ...changes};
	parts.manifest = manifest;
	parts.checkpoint.writeManifest(manifest);
	return manifest;
}

/**
 * For what is only written down, past the point where a failure may stop the work: a full disk must not keep
 * a frozen service from being thawed. What could not be written is told once.
 */
export function note(parts: SessionParts, write: () => void): void {
	try {
		write();
	} catch (error) {
		const {code = '', message} = error as NodeJS.ErrnoException;
		const told = parts.log.state.warnings.some(({warning}) => warning === 'not-written');
		if (!told) warn(parts, 'not-written', {reason: code || message});
	}
}

/** Lets everything held go: after a thaw, or for a process that runs on. */
export function endHold(parts: SessionParts): void {
	parts.service?.close();
	parts.service = undefined;
	letGo(parts.held);
	parts.held = [];
	closePlace(parts.place);
	parts.place = ordinaryPlace;
}

/** What becomes of calls from now on. @throws Fault, and then everything is as before. */
export async function setPolicy(parts: SessionParts, policy: Policy): Promise<void> {
	await parts.service?.setPolicy(policy);
	note(parts, () => updateManifest(parts, {policy}));
	parts.log.emit({type: 'policy', policy});
}

/**
 * From now on the service's messages are in our hands. Whatever goes wrong, it is frozen and its connections are
 * held: its callers then wait, which is told. May be called again.
 */
export async function keepService(parts: SessionParts): Promise<void> {
	try {
		await parts.service?.begin();
	} catch (error) {
		await setPolicy(parts, 'queue');
		warn(parts, 'not-refused', {reason: error instanceof Fault ? error.code : (error as Error).message});
	}
}

/** On the bus, for whoever listens. Call it when the manifest tells the new state already. */
export function announce(
	{announcer, manifest, checkpoint, numbers}: SessionParts,
	moment: AnnouncedMoment,
): void {
	if (!manifest) return;
	const {names, uniqueName} = manifest.target;
	const pid = numbers.here(manifest.target.pid);
	announcer.announce(moment, {names, uniqueName, pid, checkpoint: checkpoint.dir});
}

export function warn({log}: SessionParts, warning: string, params: Warning['params'] = {}): void {
	log.emit({type: 'warning', warning, params});
}

/** What criu is told of this checkpoint. */
export function criuJob({checkpoint, gates, held}: SessionParts, operation: 'dump' | 'restore'): CriuJob {
	return {
		imageDir: checkpoint.images,
		log: checkpoint.log(operation),
		actionScript: gates[operation].script,
		held: held.map(({kind, inode, ourFd, external, path}) => ({
			kind,
			inode,
			ourFd,
			...(external ? {external} : {}),
			...(path === undefined ? {} : {path}),
		})),
	};
}

/**
 * Seconds that criu may work without reaching a stage, unless `DBUSFREEZE_CRIU_LIMIT` says otherwise. A dump of a
 * gigabyte takes under a second; a minute means that it hangs.
 */
export function criuLimit(env: NodeJS.ProcessEnv): number {
	const seconds = Number(env.DBUSFREEZE_CRIU_LIMIT);
	return seconds > 0 ? seconds : 60;
}

/** How long a killed process's parent gets to reap it before we stop waiting, milliseconds. */
export const reapLimitMs = 10_000;
