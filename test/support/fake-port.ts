import type {Fault, FaultData} from '../../src/common/fault.js';
import type {Difference, Moment, Snapshot, Verdict} from '../../src/context/model.js';
import {argumentsText} from '../../src/dbus/arguments.js';
import type {Policy} from '../../src/dbus/held/connection.js';
import type {Waiting, WaitingMessage, WaitingPage} from '../../src/dbus/held/service.js';
import {inspectMessage, type MessageInspection} from '../../src/dbus/inspect.js';
import type {Query} from '../../src/dbus/query/query.js';
import type {Application, BusPeer, TrafficGap, TrafficMessage} from '../../src/dbus/types.js';
import {Header} from '../../src/dbus/wire/header.js';
import {encodeMessage} from '../../src/dbus/wire/writer.js';
import type {
	Decision,
	FreezeResult,
	HeldDescriptor,
	SessionEvent,
	SessionEventBody,
	ThawResult,
} from '../../src/session/events.js';
import type {
	FrozenService,
	Port,
	PreflightReport,
	SessionHandle,
	ThawChoices,
	TrafficFeed,
} from '../../src/tui/port.js';
import {FakeCheckpoints} from './fake-checkpoints.js';
import {matchesIn} from './query-message.js';

/** What a real freeze–thaw of the demo counter told, played back gate by gate. */

export const counter: BusPeer = {
	uniqueName: ':1.7',
	names: ['org.dbusfreeze.Demo.Counter'],
	queued: [],
	pid: 1203,
	uid: 0,
	comm: 'counter',
	command: '/usr/libexec/demo/counter',
	matchRules: [
		"type='signal',interface='org.dbusfreeze.Demo.Clock'",
		"type='signal',sender='org.freedesktop.DBus'",
	],
	queue: {messages: 0, bytes: 0},
};

export const peers: BusPeer[] = [
	{
		uniqueName: 'org.freedesktop.DBus',
		names: ['org.freedesktop.DBus'],
		queued: [],
		pid: 1190,
		uid: 0,
		comm: 'dbus-daemon',
		matchRules: [],
	},
	counter,
	{
		uniqueName: ':1.8',
		names: ['org.dbusfreeze.Demo.Clock', 'org.dbusfreeze.Demo.Timer'],
		queued: [],
		pid: 1204,
		uid: 0,
		comm: 'clock',
		matchRules: [],
	},
	{
		uniqueName: ':1.9',
		names: ['org.dbusfreeze.Demo.Settings'],
		queued: [],
		pid: 1205,
		uid: 0,
		comm: 'settings',
		matchRules: ["type='signal'"],
	},
	{uniqueName: ':1.10', names: [], queued: [], pid: 1206, uid: 0, comm: 'caller', matchRules: []},
	{
		uniqueName: ':1.11',
		names: [],
		queued: [],
		pid: 1207,
		uid: 0,
		comm: '记录器',
		matchRules: ["type='signal'"],
	},
];

const thread = (tid: number, comm: string, pc: string, symbol: string, offset: string) => ({
	tid,
	comm,
	state: 'S',
	syscall: {nr: 7, name: 'poll', args: []},
	sp: '0x7ffd5e0a1b40',
	pc,
	where: {module: '/usr/lib/x86_64-linux-gnu/libc.so.6', symbol, offset},
});

export function snapshotOf(moment: Moment): Snapshot {
	return {
		version: 1,
		moment,
		takenAt: '2025-01-01T12:00:00.000Z',
		pid: 1203,
		processes: [
			{
				pid: 1203,
				ppid: 1,
				comm: 'counter',
				exe: '/usr/libexec/demo/counter',
				cmdline: ['/usr/libexec/demo/counter', '--system'],
				cwd: '/',
				credentials: {uid: 0, euid: 0, gid: 0, egid: 0, groups: [0]},
				threads: [
					thread(1203, 'counter', '0x7f1234567a4f', 'poll', '0x4f'),
					thread(1210, 'worker', '0x7f123458b1c7', 'pthread_cond_wait', '0x1a7'),
				],
				fds: [
					{fd: 0, kind: 'device', target: '/dev/null', flags: '0100002'},
					{fd: 1, kind: 'pipe', target: 'pipe:[9001]', flags: '01', inode: 9001, held: true},
					{
						fd: 3,
						kind: 'socket',
						target: 'socket:[9100]',
						flags: '02004002',
						inode: 9100,
						held: true,
						socket: {
							family: 'unix',
							type: 'stream',
							state: 'established',
							peer: {pid: 1190, comm: 'dbus-daemon', name: '/run/demo/bus'},
						},
					},
				],
			},
		],
		connections: [
			{
				pid: 1203,
				fd: 3,
				inode: 9100,
				busAddress: 'unix:path=/run/demo/bus',
				uniqueName: ':1.7',
				names: [{name: 'org.dbusfreeze.Demo.Counter', position: 0}],
				matchRules: counter.matchRules,
				matchedBy: 'only',
			},
		],
	};
}

const differences: Difference[] = [
	{
		path: 'processes/1203/threads/1203/syscall',
		before: 'poll',
		after: 'restart_syscall',
		class: 'expected',
		reason: 'one-eintr',
		params: {syscall: 'poll'},
	},
];

const broken: Difference = {
	path: 'processes/1203/threads/1210/pc',
	before: '0x7f123458b1c7',
	after: '0x7f1234599999',
	class: 'broken',
	reason: 'place-changed',
};

const held: HeldDescriptor[] = [
	{kind: 'socket', inode: 9100, fd: 3, pid: 1203, peer: 'dbus-daemon', bus: true},
	{kind: 'pipe', inode: 9001, fd: 1, pid: 1203, peer: 'demo', bus: false},
];

interface Step {
	events: SessionEventBody[];
	/** After these events a decision is awaited. */
	gate: boolean;
}

const reached = (
	operation: 'freeze' | 'thaw',
	stage: string,
	ms: number,
	abortable: boolean,
	commitPoint = false,
): SessionEventBody => ({
	type: 'stage-reached',
	operation,
	stage,
	ms,
	gate: true,
	abortable,
	commitPoint,
});

function freezeSteps(checkpoint: string): Step[] {
	const names = counter.names;
	const result: FreezeResult = {
		ok: true,
		checkpoint,
		pid: 1203,
		uniqueName: ':1.7',
		names,
		connections: snapshotOf('before').connections,
		held,
		stages: [],
		timings: {holdMs: 1.2, dumpMs: 16, reapMs: 1, totalMs: 31},
		imageBytes: 2_400_000,
		portable: true,
		portableBecause: [],
		keeperPid: 4242,
		warnings: [],
	};
	return [
		{
			events: [
				{type: 'started', operation: 'freeze', pid: 1203, comm: 'counter', names, checkpoint},
				{type: 'snapshot', moment: 'before'},
				{...reached('freeze', 'snapshot', 12, true), gate: false} as SessionEventBody,
				{type: 'connections', connections: snapshotOf('before').connections},
				{type: 'held', held, portableBecause: []},
				{...reached('freeze', 'hold', 1.2, true), gate: false} as SessionEventBody,
				reached('freeze', 'pre-dump', 3.1, true),
			],
			gate: true,
		},
		{
			events: [{type: 'snapshot', moment: 'image'}, reached('freeze', 'post-dump', 14.8, true, true)],
			gate: true,
		},
		{
			events: [
				{type: 'process', state: 'frozen', pid: 1203},
				{type: 'finished', operation: 'freeze', result},
				waiting(1, 312),
				waiting(12, 3212),
			],
			gate: false,
		},
	];
}

function waiting(messages: number, bytes: number, facts: Partial<Waiting> = {}): SessionEventBody {
	const oldest = Date.now() - 2000;
	return {
		type: 'waiting',
		policy: 'queue',
		bytes,
		messages,
		more: false,
		oldest,
		stashed: 0,
		refused: 0,
		drain: 'watching',
		...facts,
	};
}

/** Calls and signals in turn; the first ones have been moved to the stash. */
function waitingMessage(index: number, stashed: number): WaitingMessage {
	const isCall = index % 3 === 0;
	return {
		index,
		at: index < stashed ? Date.UTC(2025, 0, 1, 12, 0, index % 60) : 0,
		size: 200 + index,
		type: isCall ? 'call' : 'signal',
		serial: index + 1,
		sender: isCall ? ':1.10' : ':1.8',
		path: '/org/dbusfreeze/Demo/Counter',
		interface: isCall ? 'org.dbusfreeze.Demo.Counter' : 'org.dbusfreeze.Demo.Clock\u001b[2J',
		member: isCall ? 'Add' : `Tick${index}`,
		fds: index === 1 ? 2 : 0,
		lostFds: index === 2 ? 1 : 0,
		connection: ':1.7',
	};
}

function thawSteps(checkpoint: string, preserved: boolean): Step[] {
	const names = counter.names;
	const verdict: Verdict = {preserved, differences: preserved ? differences : [...differences, broken]};
	const result: ThawResult = {
		ok: true,
		pid: 1203,
		mode: 'held',
		uniqueName: {before: ':1.7', after: ':1.7'},
		names,
		stages: [],
		timings: {restoreMs: 14, totalMs: 40, downtimeMs: 3120},
		verdict,
		warnings: [],
	};
	return [
		{
			events: [
				{type: 'started', operation: 'thaw', pid: 1203, comm: 'counter', names, checkpoint},
				reached('thaw', 'pre-restore', 2.2, true),
			],
			gate: true,
		},
		{events: [reached('thaw', 'post-restore', 9.4, true)], gate: true},
		{
			events: [{type: 'snapshot', moment: 'pre-resume'}, reached('thaw', 'pre-resume', 1.1, false)],
			gate: true,
		},
		{
			events: [
				{...reached('thaw', 'post-resume', 0.6, false), gate: false} as SessionEventBody,
				{type: 'process', state: 'running', pid: 1203},
				{type: 'snapshot', moment: 'after'},
				{type: 'verdict', verdict},
				{type: 'finished', operation: 'thaw', result},
			],
			gate: false,
		},
	];
}

/** An async queue of events that can be ended. */
class EventQueue implements AsyncIterable<SessionEvent> {
	#events: SessionEvent[] = [];
	#wake: (() => void) | undefined;
	#ended = false;

	push(body: SessionEventBody): void {
		this.#events.push({...body, seq: this.#events.length, at: Date.now()});
		this.#wake?.();
	}

	end(): void {
		this.#ended = true;
		this.#wake?.();
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<SessionEvent> {
		for (let i = 0; ; i++) {
			while (i >= this.#events.length) {
				if (this.#ended) return;
				await new Promise<void>((resolve) => {
					this.#wake = resolve;
				});
			}
			const event = this.#events[i];
			if (event) yield event;
		}
	}
}

class FakeSession implements SessionHandle {
	readonly events = new EventQueue();
	/** What the screen asked for, in order. */
	readonly log: string[] = [];
	frozen = false;
	over = false;
	/** How many messages wait, and how many of them are in the stash. */
	count = 12;
	stashed = 0;
	/** Why it cannot be thawed, but by force. */
	refusal: Fault | undefined;
	/** The next change of the policy fails like this. */
	policyFault: Fault | undefined;
	#steps: Step[];
	#operation: 'freeze' | 'thaw' = 'freeze';
	#stage = '';
	#all = false;

	constructor(
		readonly checkpoint: string,
		private readonly preserved: boolean,
	) {
		this.#steps = freezeSteps(checkpoint);
		this.#advance();
	}

	#advance(): void {
		const step = this.#steps.shift();
		if (!step) return;
		for (const event of step.events) {
			this.events.push(event);
			if (event.type === 'stage-reached') this.#stage = event.stage;
			if (event.type === 'process') this.frozen = event.state === 'frozen';
			if (event.type === 'finished' && event.operation === 'thaw') this.#end();
		}
		if (step.gate && this.#all) this.decide('continue', 'auto');
	}

	#end(): void {
		this.over = true;
		this.events.end();
	}

	decide(decision: Decision, by: 'operator' | 'auto' = 'operator'): void {
		this.log.push(decision);
		const operation = this.#operation;
		this.events.push({type: 'stage-decided', operation, stage: this.#stage, decision, by});
		if (decision === 'continue') {
			this.#advance();
			return;
		}
		const processState = operation === 'freeze' ? 'running' : 'frozen';
		this.events.push({
			type: 'failed',
			operation,
			fault: {code: 'aborted', params: {operation, by: 'operator'}, stage: this.#stage, processState},
		});
		if (operation === 'freeze') this.#end();
	}

	continueAll(): void {
		this.#all = true;
		this.decide('continue');
	}

	thaw(choices: ThawChoices, onRefused: (fault: FaultData) => void = () => {}): void {
		if (this.refusal && !choices.force) {
			onRefused(this.refusal.toJSON());
			return;
		}
		const chosen = Object.entries(choices).filter(([, on]) => on);
		this.log.push(['thaw', ...chosen.map(([name]) => name)].join(' '));
		this.#operation = 'thaw';
		this.#all = false;
		this.#steps = thawSteps(this.checkpoint, this.preserved);
		this.#advance();
	}

	snapshot(moment: Moment): Promise<Snapshot> {
		return Promise.resolve(snapshotOf(moment));
	}

	compare(before: Moment, after: Moment): Promise<{differences: Difference[]; verdict: Verdict}> {
		const found =
			before === 'before' && (after === 'image' || this.preserved) ? differences : [...differences, broken];
		return Promise.resolve({differences: found, verdict: {preserved: this.preserved, differences: found}});
	}

	setPolicy(policy: Policy): Promise<void> {
		this.log.push(policy);
		if (this.policyFault) return Promise.reject(this.policyFault);
		this.events.push({type: 'policy', policy});
		return Promise.resolve();
	}

	waiting(first: number, count: number): Promise<WaitingPage> {
		this.log.push(`waiting ${first} ${count}`);
		const messages = Array.from({length: Math.max(Math.min(count, this.count - first), 0)}, (_, i) =>
			waitingMessage(first + i, this.stashed),
		);
		return Promise.resolve({total: this.count, messages});
	}

	/** What the keeper would tell of it. */
	tellWaiting(count: number, facts: Partial<Waiting> = {}): void {
		this.count = count;
		this.stashed = facts.stashed ?? 0;
		this.events.push(waiting(count, count * 250, facts));
	}

	detach(): void {
		this.log.push('detach');
	}
}

const members = ['Get', 'Increment', 'Add', 'ListAll'];

/** A bus with `perSecond` messages a second: calls, replies and signals in turn. Nothing is stored. */
export class FakeTraffic implements TrafficFeed {
	readonly #started = Date.now();
	readonly #kept = 100_000;

	constructor(private readonly perSecond: number) {}

	#end(): number {
		return Math.floor(((Date.now() - this.#started) / 1000) * this.perSecond) + 40;
	}

	counts(): {seen: number; dropped: number; bytes: number} {
		const seen = this.#end();
		return {seen, dropped: Math.max(seen - this.#kept, 0), bytes: seen * 180};
	}

	range(): {first: number; end: number} {
		const end = this.#end();
		return {first: Math.max(end - this.#kept, 0), end};
	}

	get(index: number): TrafficMessage | undefined {
		const {first, end} = this.range();
		if (index < first || index >= end || !Number.isInteger(index)) return undefined;
		const at = this.#started + ((index - 40) * 1000) / this.perSecond;
		const base = {index, at, serial: index + 1, fds: 0, size: 180, noReply: false};
		const member = members[Math.floor(index / 4) % members.length] ?? 'Get';
		const target = {path: '/org/dbusfreeze/Demo/Counter', interface: 'org.dbusfreeze.Demo.Counter', member};
		if (index % 4 === 0)
			return {
				...base,
				...target,
				type: 'call',
				sender: ':1.10',
				destination: counter.names[0] ?? '',
				signature: 'u',
			};
		if (index % 4 === 1) {
			const failed = index % 40 === 1;
			const reply = {...base, sender: ':1.7', destination: ':1.10', replySerial: index, signature: 'u'};
			return failed
				? {...reply, type: 'error', errorName: 'org.freedesktop.DBus.Error.Failed'}
				: {...reply, type: 'return'};
		}
		if (index % 4 === 2)
			return {...base, ...target, type: 'signal', sender: ':1.7', member: 'Changed', signature: 'u'};
		return {
			...base,
			type: 'signal',
			sender: ':1.11',
			path: '/日志',
			interface: 'org.example.Log',
			member: 'Line\u001b[31m',
			signature: 's',
		};
	}

	elapsed(message: TrafficMessage): number | undefined {
		const {index} = this.pair(message) ?? {};
		return index === undefined ? undefined : 0.4 + (Math.max(index, message.index) % 7) / 10;
	}

	pair(message: TrafficMessage): TrafficMessage | undefined {
		if (message.type === 'call') return this.get(message.index + 1);
		return message.replySerial === undefined ? undefined : this.get(message.index - 1);
	}

	now(): number {
		return Date.now();
	}

	/** The message as a real one would be on the wire. */
	#frame({index, at, size, noReply, ...parts}: TrafficMessage): Buffer {
		const body = parts.signature === 'u' ? [index] : parts.signature === 's' ? [`第 ${index} 条`] : [];
		return encodeMessage({...parts, body});
	}

	arguments(message: TrafficMessage): string | undefined {
		const frame = this.#frame(message);
		return argumentsText(new Header().load(frame, 0, frame.length));
	}

	inspect(message: TrafficMessage): MessageInspection {
		return inspectMessage(this.#frame(message));
	}

	ownerOf(name: string): string {
		return peers.find(({names}) => names.includes(name))?.uniqueName ?? name;
	}

	applicationOf(uniqueName: string): Application | undefined {
		const peer = peers.find((candidate) => candidate.uniqueName === uniqueName);
		return peer && {names: peer.names, left: false, program: peer.comm ?? '', pid: peer.pid ?? 0};
	}

	gaps(): readonly TrafficGap[] {
		return [];
	}

	receivers(): readonly string[] {
		return [':1.9', ':1.11'];
	}

	matches(index: number, query: Query): boolean {
		return matchesIn(this, index, query);
	}

	nameOf(uniqueName: string): string {
		const peer = peers.find((candidate) => candidate.uniqueName === uniqueName);
		return peer?.names[0] ?? peer?.comm ?? uniqueName;
	}

	status(): {mode: 'monitor'} {
		return {mode: 'monitor'};
	}
}

export interface FakePortOptions {
	perSecond?: number;
	readOnly?: boolean;
	/** What the thaw's verdict will be. */
	preserved?: boolean;
	blockers?: string[];
	peers?: BusPeer[];
	/** A service that somebody froze before this screen was started. */
	frozenBefore?: boolean;
}

/** A world that plays recorded events, in the shapes of the real one. */
export class FakePort implements Port {
	readonly busLabel = 'system bus';
	readonly readOnly: boolean;
	readonly endsWithScreen = false;
	readonly traffic: FakeTraffic;
	readonly checkpoints = new FakeCheckpoints();
	readonly sessions: FakeSession[] = [];
	readonly connections = {
		current: () => this.options.peers ?? peers,
		onChange: () => () => undefined,
		details: (uniqueName: string): Promise<Snapshot> =>
			uniqueName === ':1.7'
				? Promise.resolve(snapshotOf('before'))
				: Promise.reject(new Error('no such process')),
	};

	constructor(private readonly options: FakePortOptions = {}) {
		this.readOnly = options.readOnly ?? false;
		this.traffic = new FakeTraffic(options.perSecond ?? 40);
		if (options.frozenBefore) {
			const session = this.#open();
			session.continueAll();
		}
	}

	#open(): FakeSession {
		const checkpoint = `/var/lib/dbusfreeze/counter-${this.sessions.length + 1}`;
		const session = new FakeSession(checkpoint, this.options.preserved ?? true);
		this.sessions.push(session);
		return session;
	}

	frozen(): Promise<FrozenService[]> {
		return Promise.resolve(
			this.sessions
				.filter((session) => session.frozen && !session.over)
				.map(({checkpoint}) => ({
					checkpoint,
					pid: 1203,
					names: counter.names,
					uniqueName: ':1.7',
					since: Date.now(),
					keeperAlive: true,
					next: {mode: 'held'} as const,
				})),
		);
	}

	thawCommand(checkpoint: string): string {
		return `dbusfreeze-tui thaw ${checkpoint}`;
	}

	#filters: Record<string, string> = {errors: 'type:error'};

	filters(): Promise<Record<string, string>> {
		return Promise.resolve(this.#filters);
	}

	saveFilter(name: string, text: string | undefined): Promise<Record<string, string>> {
		const {[name]: _, ...others} = this.#filters;
		this.#filters = text === undefined ? others : {...others, [name]: text};
		return Promise.resolve(this.#filters);
	}

	preflight(): Promise<PreflightReport> {
		return Promise.resolve({
			target: {
				pid: 1203,
				comm: 'counter',
				names: counter.names,
				uniqueName: ':1.7',
				threads: 2,
				processes: 1,
			},
			blockers: this.options.blockers ?? [],
			warnings: ['fd 5 (/tmp/build.log) was inherited from the shell that started it'],
			held: ['fd 3: bus connection :1.7 (dbus-daemon)', 'fd 1: pipe to demo (pid 1180)'],
		});
	}

	freeze(_target = ':1.7', policy: Policy = 'queue'): Promise<SessionHandle> {
		const session = this.#open();
		if (policy !== 'queue') void session.setPolicy(policy);
		return Promise.resolve(session);
	}

	/** A session for a checkpoint of the list, frozen before this screen was started. */
	keep(checkpoint: string): FakeSession {
		const session = new FakeSession(checkpoint, true);
		session.continueAll();
		this.kept.set(checkpoint, session);
		return session;
	}

	readonly kept = new Map<string, FakeSession>();

	/** The last one asked for, and whether by force. */
	attached = '';
	/** Why none can be attached to, but by force. */
	refusal: Fault | undefined;

	attach(checkpoint: string, force: boolean): Promise<SessionHandle> {
		this.attached = force ? `${checkpoint} by force` : checkpoint;
		if (this.refusal && !force) return Promise.reject(this.refusal);
		const kept = this.kept.get(checkpoint);
		if (kept) return Promise.resolve(kept);
		const session = this.sessions.find((candidate) => candidate.checkpoint === checkpoint);
		return session ? Promise.resolve(session) : Promise.reject(new Error('no such session'));
	}
}
