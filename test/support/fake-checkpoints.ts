import {Fault} from '../../src/common/fault.js';
import type {
	CheckpointEntry,
	CheckpointFacts,
	CheckpointLook,
	CheckpointsFeed,
	PackTarget,
	SendTarget,
	Work,
} from '../../src/tui/checkpoints/feed.js';
import type {SessionHandle} from '../../src/tui/port.js';

const facts: CheckpointFacts = {
	names: ['org.dbusfreeze.Demo.Counter'],
	pid: 1203,
	comm: 'counter',
	exe: '/usr/libexec/demo/counter',
	processes: 1,
	hostname: 'here',
	isHere: true,
	bus: {address: 'unix:path=/run/demo/bus', relation: 'watched'},
	frozenAt: Date.UTC(2025, 0, 1),
	imageBytes: 2_400_000,
	policy: 'queue',
	portableBecause: [],
	copies: [],
};

/** One of each kind, newest first, as a state dir may have them. */
export function everyKind(): CheckpointEntry[] {
	const at = (name: string, entry: Partial<CheckpointEntry>, more: Partial<CheckpointFacts> = {}) =>
		({
			name,
			checkpoint: `/state/checkpoints/${name}`,
			standing: 'frozen',
			next: {mode: 'held'},
			facts: {...facts, names: [`org.example.${name}`], ...more},
			...entry,
		}) satisfies CheckpointEntry;
	const moved = new Fault(
		'moved',
		{checkpoint: '/c', to: 'root@far', thawed: false},
		{processState: 'frozen'},
	);
	const over = new Fault('already-thawed', {checkpoint: '/c', pid: 1203}, {processState: 'running'});
	const ends = new Fault(
		'held-ends-lost',
		{checkpoint: '/c', ends: ['pipe 1203/1 (sh)']},
		{processState: 'frozen'},
	);
	const broken = new Fault('no-checkpoint', {
		path: '/state/checkpoints/Broken',
		reason: 'manifest.json: cut',
	});
	return [
		at('Held', {}),
		at(
			'Elsewhere',
			{},
			{bus: {address: 'unix:path=/run/other\u001b[2J', relation: 'other'}, names: ['org.example.Elsewhere']},
		),
		at('Alone', {standing: 'keeper-gone', next: {mode: 'reconnected', why: 'keeper-gone'}}),
		at(
			'Restarted',
			{standing: 'connection-gone', next: {mode: 'reconnected', why: 'connection-gone'}},
			{bus: {address: facts.bus.address, relation: 'earlier-daemon'}},
		),
		at('Pipes', {standing: 'keeper-gone', next: {mode: 'impossible', fault: ends.toJSON()}}),
		at(
			'Moved',
			{next: {mode: 'impossible', fault: moved.toJSON(), inSpite: {mode: 'held'}}},
			{movedTo: 'root@far'},
		),
		at(
			'Received',
			{standing: 'keeper-gone', next: {mode: 'reconnected', why: 'keeper-gone'}},
			{isHere: false, hostname: 'far', origin: {hostname: 'far', packedAt: '2025-01-01T10:00:00.000Z'}},
		),
		at('Over', {standing: 'thawed', next: {mode: 'impossible', fault: over.toJSON()}}, {copies: ['/root/x']}),
		{
			name: 'Broken',
			checkpoint: '/state/checkpoints/Broken',
			standing: 'unreadable',
			next: {mode: 'impossible', fault: broken.toJSON()},
		},
	];
}

/** So many that are frozen and held. */
export function manyEntries(count: number): CheckpointEntry[] {
	return Array.from({length: count}, (_, i) => ({
		name: `Number${i}`,
		checkpoint: `/state/checkpoints/Number${i}`,
		standing: 'frozen',
		next: {mode: 'held'},
		facts: {...facts, names: [`org.example.Number${i}`]},
	}));
}

/** Slow work that a test drives. */
export interface FakeWork extends Work {
	target: PackTarget | SendTarget;
	finish(lines: string[]): void;
	fail(error: unknown): void;
}

/** A state dir that is only a list; what the screen asks of it is written down. */
export class FakeCheckpoints implements CheckpointsFeed {
	entries: CheckpointEntry[] = [];
	readonly log: string[] = [];
	found: CheckpointLook = {faults: [], grown: [], leftBehind: []};
	/** While set, the checks do not end. */
	isStuck = false;
	failure: Fault | undefined;
	work: FakeWork | undefined;
	past: SessionHandle | undefined;

	list(): Promise<CheckpointEntry[]> {
		return this.failure ? Promise.reject(this.failure) : Promise.resolve([...this.entries]);
	}

	look(name: string): Promise<CheckpointLook> {
		this.log.push(`look ${name}`);
		return this.isStuck ? new Promise(() => {}) : Promise.resolve(this.found);
	}

	review(name: string): Promise<SessionHandle> {
		this.log.push(`review ${name}`);
		return this.past ? Promise.resolve(this.past) : Promise.reject(new Error('no past'));
	}

	suggestedFile({name}: CheckpointEntry): string {
		return `/root/${name}.dbusfreeze`;
	}

	pack(name: string, target: PackTarget, work: Work): Promise<string[]> {
		this.log.push(`pack ${name} ${target.file} ${target.passphrase}`);
		return this.#begin(target, work);
	}

	send(name: string, target: SendTarget, work: Work): Promise<string[]> {
		this.log.push(`send ${name} ${target.host} ${target.remoteCommand}`);
		return this.#begin(target, work);
	}

	remove(name: string): Promise<void> {
		this.log.push(`remove ${name}`);
		this.entries = this.entries.filter((entry) => entry.name !== name);
		return Promise.resolve();
	}

	repair(): Promise<string[]> {
		this.log.push('repair');
		return Promise.resolve(['Alone: repaired: a state that is not so any more.']);
	}

	/** As the real work: told to stop, it ends with a fault. */
	#begin(target: PackTarget | SendTarget, work: Work): Promise<string[]> {
		return new Promise((resolve, reject) => {
			this.work = {...work, target, finish: resolve, fail: reject};
			work.signal.addEventListener('abort', () =>
				reject(new Fault('aborted', {operation: 'pack', by: 'operator'})),
			);
		});
	}
}
