import fs from 'node:fs';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {findCriu} from '../src/criu/find.js';
import {type CriuOutcome, type CriuRun, dump, restore} from '../src/criu/run.js';
import {StageGate} from '../src/criu/stage-gate.js';
import {connectBus} from '../src/dbus/calls.js';
import {type DemoService, demoServices, fixtureProgram} from '../src/dbus/demo-services.js';
import {openDaemonEnd} from '../src/dbus/held/daemon-end.js';
import {whileDaemonStands} from '../src/dbus/held/daemon-stop.js';
import {Fates} from '../src/dbus/held/fates.js';
import {NoiseFilter} from '../src/dbus/held/noise.js';
import {type HeldMessage, HeldReader} from '../src/dbus/held/reader.js';
import {RefusalLog} from '../src/dbus/held/refusal.js';
import {CallRefuser} from '../src/dbus/held/refuser.js';
import {StandIn} from '../src/dbus/held/stand-in.js';
import {NameTakeover} from '../src/dbus/held/takeover.js';
import {HeldWriter} from '../src/dbus/held/writer.js';
import {type HeldEnd, hold, letGo, outsideEnds} from '../src/dbus/hold.js';
import {type PrivateBus, startPrivateBus} from '../src/dbus/private-bus.js';
import {startProgram, startService} from '../src/dbus/start-service.js';
import {closeFd} from '../src/kernel/descriptor.js';
import {waitUntilReaped} from '../src/kernel/pidfd.js';
import {startTime} from '../src/kernel/proc-stat.js';
import {sendWithFds} from '../src/kernel/socket-messages.js';
import {snapshotProcesses} from '../src/process/snapshot.js';
import {type BenchRow, median, percentile, row} from './rows.js';

const rounds = 10;
/** Calls that must have been answered before a switch, so that the caller is at its full pace. */
const calmCalls = 50;

interface Round {
	/** Longest call around each switch, as the caller saw it. */
	freezeGapMs: number;
	thawGapMs: number;
	/** criu's own time for the whole dump and restore. */
	dumpMs: number;
	restoreMs: number;
	takeoverMs: number;
	handBackMs: number;
	refusalMs: number;
}

/**
 * With the policy `refuse`: how long a name has no owner that answers when its service is frozen, and when it is
 * thawed, as a client sees it that calls all the time: its longest call around each switch. The service
 * stands still while criu works, so criu's own time in the same run is the least that is possible.
 */
export async function handoverBench(): Promise<BenchRow[]> {
	const criu = (await findCriu(undefined, process.env)).path;
	const all: Round[] = [];
	for (let round = -1; round < rounds; round++) {
		const bus = await startPrivateBus();
		try {
			const measured = await oneRound(bus, criu, demoServices.counter);
			if (round >= 0) all.push(measured); // the first warms the caches
		} finally {
			await bus.stop();
		}
	}
	const of = (key: keyof Round) => all.map((one) => one[key]);
	const p95 = (key: keyof Round) => percentile(of(key), 0.95).toFixed(1);
	return [
		row({
			name: 'freeze: the name has no owner that answers',
			ours: median(of('freezeGapMs')),
			peer: median(of('dumpMs')),
			peerName: "criu's own dump",
			unit: 'ms',
			target: 0.5,
			note: `p95 ${p95('freezeGapMs')} ms; the takeover itself ${median(of('takeoverMs')).toFixed(1)} ms, p95 ${p95('takeoverMs')} ms; a call is then refused in ${median(of('refusalMs')).toFixed(1)} ms`,
		}),
		row({
			name: 'thaw: the name has no owner that answers',
			ours: median(of('thawGapMs')),
			peer: median(of('restoreMs')),
			peerName: "criu's own restore",
			unit: 'ms',
			target: 0.5,
			note: `p95 ${p95('thawGapMs')} ms; handing back itself ${median(of('handBackMs')).toFixed(1)} ms, p95 ${p95('handBackMs')} ms`,
		}),
	];
}

async function oneRound(bus: PrivateBus, criu: string, service: DemoService): Promise<Round> {
	const {pid} = await startService(bus, service);
	const client = await connectBus({address: bus.address});
	const owner = String((await client.driver('GetNameOwner', 's', [service.name]))[0]);
	client.close();
	const started = startTime(pid) ?? '';
	const caller = startProgram(bus, [fixtureProgram('caller'), service.name, '0'], {logName: 'caller'});
	const held = hold(outsideEnds(snapshotProcesses(pid)).filter(({peerPid}) => peerPid === bus.pid));
	const [end] = held;
	if (!end) throw new Error('no bus connection');
	const handover = await Handover.open(bus, end, owner, service.name);
	const gate = new StageGate(path.join(bus.dir, 'gate'));
	const imageDir = path.join(bus.dir, 'images');
	fs.mkdirSync(imageDir);
	const {kind, inode, ourFd} = end;
	const job = {imageDir, log: 'criu.log', actionScript: gate.script, held: [{kind, inode, ourFd}]};
	const at = (wanted: string, work: () => Promise<void>): CriuRun => ({
		criu,
		job,
		gate,
		limitSeconds: 60,
		onStage: async ({stage}) => {
			if (stage === wanted) await work();
			return 'continue';
		},
	});
	try {
		await linesWith(caller.logPath, '= ', calmCalls);
		let takeoverMs = 0;
		const frozen = await dump(
			pid,
			false,
			at('post-dump', async () => {
				takeoverMs = await timed(() => handover.take());
				handover.refuse();
			}),
		);
		requireOk(frozen);
		await waitUntilReaped(pid, started, 10_000);
		const mark = await linesWith(caller.logPath, 'Frozen', calmCalls);
		let handBackMs = 0;
		const thawed = await restore(
			false,
			at('post-restore', async () => {
				handBackMs = await timed(() => handover.giveBack());
			}),
		);
		requireOk(thawed);
		await linesWith(caller.logPath, '= ', calmCalls, mark);
		const lines = fs.readFileSync(caller.logPath, 'utf8').trim().split('\n');
		const times = (from: number, to?: number) =>
			lines.slice(from, to).flatMap((line) => Number(/after ([\d.]+) ms/.exec(line)?.[1] ?? 0));
		const refused = lines.flatMap((line) =>
			line.includes('Frozen') ? Number(/after ([\d.]+) ms/.exec(line)?.[1]) : [],
		);
		return {
			freezeGapMs: Math.max(...times(0, mark)),
			thawGapMs: Math.max(...times(mark)),
			dumpMs: frozen.ms,
			restoreMs: thawed.ms,
			takeoverMs,
			handBackMs,
			refusalMs: median(refused),
		};
	} finally {
		gate.close();
		handover.close();
		letGo(held);
	}
}

/** Refusing, with nothing around it: what is kept for the service stays in memory. */
class Handover {
	readonly #end: HeldEnd;
	readonly #name: string;
	readonly #standIn: StandIn;
	readonly #reader: HeldReader;
	readonly #writer: HeldWriter;
	readonly #noise = new NoiseFilter();
	readonly #fates = new Fates(this.#noise);
	readonly #takeover: NameTakeover;
	readonly #refuser: CallRefuser;
	readonly #kept: HeldMessage[] = [];
	#timer: NodeJS.Timeout | undefined;

	private constructor(end: HeldEnd, owner: string, name: string, standIn: StandIn, log: RefusalLog) {
		this.#end = end;
		this.#name = name;
		this.#standIn = standIn;
		this.#reader = new HeldReader(end.ourFd);
		this.#writer = new HeldWriter(end.ourFd);
		this.#takeover = new NameTakeover({writer: this.#writer, noise: this.#noise, owner});
		this.#refuser = new CallRefuser(this.#writer, frozenService(end.pid, owner, name), log);
	}

	static async open(bus: PrivateBus, end: HeldEnd, owner: string, name: string): Promise<Handover> {
		const log = new RefusalLog();
		const standIn = await StandIn.open({address: bus.address}, frozenService(end.pid, owner, name), log);
		return new Handover(end, owner, name, standIn, log);
	}

	async take(): Promise<void> {
		await this.#takeover.take(this.#standIn, [this.#name]);
	}

	refuse(): void {
		this.#fates.refuser = this.#refuser;
		const pump = () => {
			this.#sort();
			this.#timer = setTimeout(pump, 1);
		};
		pump();
	}

	/** Names first, then what was kept; the service does not run yet. */
	async giveBack(): Promise<void> {
		clearTimeout(this.#timer);
		this.#fates.refuser = undefined;
		await this.#takeover.giveBack();
		for (this.#sort(); this.#noise.outstanding > 0; this.#sort()) await delay(0);
		const daemonEnd = openDaemonEnd(this.#end.ourFd);
		if (!daemonEnd) throw new Error('the daemon has closed');
		whileDaemonStands(daemonEnd.pid, () => {
			this.#sort();
			for (const {bytes, fds} of this.#kept) sendWithFds(daemonEnd.fd, bytes, fds);
		});
		closeFd(daemonEnd.fd);
	}

	close(): void {
		clearTimeout(this.#timer);
		this.#standIn.close();
	}

	#sort(): void {
		this.#kept.push(...this.#fates.keep(this.#reader.read()));
	}
}

function frozenService(pid: number, uniqueName: string, name: string) {
	return {names: [name], uniqueName, pid, comm: 'counter', checkpoint: 'bench', since: Date.now()};
}

async function timed(work: () => Promise<void>): Promise<number> {
	const start = performance.now();
	await work();
	return performance.now() - start;
}

/** Waits for so many lines with `word`, after the first `skipped` lines. @returns how many lines there are then. */
async function linesWith(file: string, word: string, count: number, skipped = 0): Promise<number> {
	for (;;) {
		const lines = fs.readFileSync(file, 'utf8').split('\n');
		if (lines.slice(skipped).filter((line) => line.includes(word)).length >= count) return lines.length - 1;
		await delay(5);
	}
}

function requireOk({ok, stage}: CriuOutcome): void {
	if (!ok) throw new Error(`criu failed after ${stage}`);
}
