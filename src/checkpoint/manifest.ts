import {z} from 'zod';
import {heldKinds} from '../process/held.js';

/** Raised when a field changes its meaning; readers refuse what they do not know. */
export const manifestVersion = 1;

/**
 * Where a checkpoint stands. It is written before the step that makes it true can be lost:
 * `freezing` before the dump begins, `frozen` at the commit point, `thawing` before the restore, `thawed` after it.
 */
export const checkpointStates = [
	'freezing',
	'frozen',
	'thawing',
	'thawed',
	'left-running',
	'aborted',
	'lost',
] as const;

const namePosition = z.object({name: z.string(), position: z.number().int().nonnegative()});

const connection = z.object({
	pid: z.number().int(),
	fd: z.number().int(),
	inode: z.number().int(),
	busAddress: z.string(),
	busGuid: z.exactOptional(z.string()),
	reconnectedFrom: z.exactOptional(z.object({inode: z.number(), uniqueName: z.string()})),
	uniqueName: z.string(),
	names: z.array(namePosition),
	matchRules: z.array(z.string()).nullable(),
	credentials: z.object({pid: z.exactOptional(z.number()), uid: z.exactOptional(z.number())}).exactOptional(),
	matchedBy: z.enum(['only', 'order', 'message']),
});

const held = z.object({
	kind: z.enum(heldKinds),
	inode: z.number().int(),
	/** −1: no descriptor, but the namespace that the process lives in. */
	fd: z.number().int(),
	pid: z.number().int(),
	peer: z.string(),
	bus: z.boolean(),
	remake: z.exactOptional(z.enum(['journal', 'device'])),
	ofDaemon: z.exactOptional(z.boolean()),
	external: z.exactOptional(z.object({mount: z.number().int(), inode: z.number().int()})),
});

const processIdentity = z.object({
	pid: z.number().int().positive(),
	/** Clock ticks since boot (field 22 of /proc/PID/stat): tells a process from a later one of the same number. */
	startTime: z.string(),
});

export const manifestSchema = z.object({
	version: z.literal(manifestVersion),
	/** ISO 8601. */
	createdAt: z.string(),
	state: z.enum(checkpointStates),
	target: processIdentity.extend({
		comm: z.string(),
		exe: z.string(),
		cmdline: z.array(z.string()),
		uid: z.number().int(),
		gid: z.number().int(),
		uniqueName: z.string(),
		names: z.array(z.string()),
		/** The whole tree, parents first. */
		pids: z.array(z.number().int().positive()),
	}),
	/** It lived in a pid namespace of ours when it was frozen: a thaw makes it another one. */
	nested: z.exactOptional(z.boolean()),
	/**
	 * All pids here are those that the processes have for themselves, as in the images. Where they are called otherwise
	 * in our pid namespace: own pid → pid here, now or when they were last there.
	 */
	numbersHere: z.exactOptional(z.record(z.string(), z.number().int().positive())),
	/** What the numbers of its users and groups were called; those without a name are left out. */
	accounts: z.exactOptional(
		z.object({users: z.record(z.string(), z.string()), groups: z.record(z.string(), z.string())}),
	),
	/** Mapped files; CRIU compares size and build-id at the restore. */
	modules: z.array(z.object({path: z.string(), size: z.number(), buildId: z.string().optional()})),
	connections: z.array(connection),
	held: z.array(held),
	portable: z.boolean(),
	portableBecause: z.array(z.string()),
	policy: z.enum(['queue', 'refuse']),
	/** `guid` is the daemon's own: one that was restarted has another. */
	bus: z.object({address: z.string(), guid: z.string()}),
	criu: z.object({path: z.string(), version: z.string()}),
	host: z.object({
		bootId: z.string(),
		machineId: z.string(),
		hostname: z.string(),
		arch: z.string(),
		kernel: z.string(),
		cpu: z.string(),
	}),
	/** The process that holds the connection; null once nothing is held. */
	keeper: processIdentity.nullable(),
	/** The systemd unit whose main process it is. `ended`: systemd ended it while it was frozen. */
	unit: z.exactOptional(z.object({name: z.string(), ended: z.exactOptional(z.boolean())})),
	/** The daemon has closed a connection of the frozen process, or has ended. */
	connectionEnded: z.boolean().optional(),
	/** Milliseconds since the epoch at which the process stopped and ran again. */
	stoppedAt: z.number().optional(),
	resumedAt: z.number().optional(),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type CheckpointState = Manifest['state'];
