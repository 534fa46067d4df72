import fs from 'node:fs';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {demoServices, fixtureProgram} from '../../src/dbus/demo-services.js';
import {type PrivateBus, startPrivateBus} from '../../src/dbus/private-bus.js';
import {type StartedProgram, startProgram, startService} from '../../src/dbus/start-service.js';
import {readStat} from '../../src/kernel/proc-stat.js';
import {fdNumbers} from '../../src/process/fds.js';
import {readStatus} from '../../src/process/status.js';
import {strays} from '../../test/support/survival.js';
import {commandContext} from '../context.js';
import {begin, CheckpointStore} from '../program.js';
import {type Bound, growth, type Size} from './growth.js';
import {SteadyCaller} from './steady-caller.js';

/** Whose sizes are looked at. The front end is this process. */
const watched = ['keeper', 'daemon', 'service', 'front end'] as const;
type Watched = (typeof watched)[number];

/**
 * The allocator of a C program keeps little; V8 collects when it likes, and each keeper is another process, so
 * that only a trend of several megabytes says anything.
 */
const bounds: Record<Watched, Bound> = {
	keeper: {rss: 8 * 1024, threadsVary: true},
	daemon: {rss: 512},
	service: {rss: 512},
	'front end': {rss: 48 * 1024, threadsVary: true},
};

/** What has ended or come back is so after this time at the latest, milliseconds. */
const settleLimitMs = 10_000;
/** So many calls wait in each freeze, at least. */
const fewestWaiting = 5;

export interface Endurance {
	cycles: number;
	/** Answered calls of the steady client, and of those who talked beside it. */
	calls: number;
	others: number;
	/** After each cycle; the keeper's while it is frozen. */
	sizes: Record<Watched, Size[]>;
	/** What must never be; none is good. */
	problems: string[];
}

/**
 * Freezes and thaws one service again and again under a client that calls it all the time, while two other services
 * are called as well, and looks for what is lost, doubled, out of order, or grows.
 * @param onCycle told the number of each cycle that is done.
 */
export async function endure(cycles: number, onCycle: (done: number) => void = () => {}): Promise<Endurance> {
	// Keepers are started with our options, and need none of them.
	process.execArgv.length = 0;
	const bus = await startPrivateBus();
	// What a keeper inherits: it ends with its bus.
	process.env.DBUSFREEZE_PRIVATE_BUS = bus.dir;
	try {
		return await new Run(bus).play(cycles, onCycle);
	} finally {
		await bus.stop();
	}
}

class Run {
	readonly #bus: PrivateBus;
	readonly #stateDir: string;
	readonly #service = demoServices.counter;
	#pid = 0;
	readonly #sizes: Record<Watched, Size[]> = {keeper: [], daemon: [], service: [], 'front end': []};
	readonly #problems: string[] = [];

	constructor(bus: PrivateBus) {
		this.#bus = bus;
		this.#stateDir = path.join(bus.dir, 'state');
	}

	async play(cycles: number, onCycle: (done: number) => void): Promise<Endurance> {
		this.#pid = (await startService(this.#bus, this.#service)).pid;
		const beside = [demoServices.ledger, demoServices.gauge];
		for (const service of beside) await startService(this.#bus, service);
		const talkers = beside.map(({name, library}) =>
			startProgram(this.#bus, [fixtureProgram('caller'), name, '3'], {logName: `caller-of-${library}`}),
		);
		const caller = await SteadyCaller.start(this.#bus, this.#service);
		let done = 0;
		while (done < cycles && this.#problems.length === 0 && caller.problem === undefined) {
			await this.#cycle(caller);
			onCycle(++done);
		}
		await caller.stop();
		if (caller.problem !== undefined) this.#problems.push(caller.problem);
		for (const who of watched)
			this.#problems.push(...growth(who, this.#sizes[who], Math.ceil(done / 5), bounds[who]));
		const others = talkers.reduce((sum, talker) => sum + this.#answersOf(talker), 0);
		return {cycles: done, calls: caller.answered, others, sizes: this.#sizes, problems: this.#problems};
	}

	async #cycle(caller: SteadyCaller): Promise<void> {
		const options = {stepping: false, portable: false, leaveRunning: false, policy: 'queue'} as const;
		const context = commandContext(this.#bus, this.#stateDir);
		const {client, checkpoint, ...begun} = await begin(context, this.#service.name, options);
		const {keeperPid} = await client.freeze(begun.options);
		const keeper = readStat(keeperPid)?.startTime;
		const before = caller.answered;
		while ((await client.waiting(0, 1)).total < fewestWaiting) await delay(5);
		if (caller.answered !== before) this.#problems.push('a frozen service answers');
		this.#measure('keeper', keeperPid);
		const {verdict} = await client.thaw({stepping: false, leaveStopped: false});
		client.close();
		if (!verdict.preserved) this.#problems.push(`verdict: ${JSON.stringify(verdict.differences)}`);
		await this.#until(() => readStat(keeperPid)?.startTime !== keeper, 'its keeper stays');
		await this.#until(() => caller.answered > before, 'nobody answers after the thaw');
		// What the keeper had at the daemon goes when the daemon has heard of its end.
		const [first] = this.#sizes.daemon;
		await this.#until(
			() => fdNumbers(this.#bus.pid).length === (first?.fds ?? fdNumbers(this.#bus.pid).length),
			'',
		);
		this.#measure('daemon', this.#bus.pid);
		this.#measure('service', this.#pid);
		this.#measure('front end', process.pid);
		this.#problems.push(...strays(checkpoint.dir, [this.#pid], this.#bus.pid));
		for (const stored of new CheckpointStore(this.#stateDir).list())
			fs.rmSync(stored.checkpoint.dir, {recursive: true});
	}

	#measure(who: Watched, pid: number): void {
		const status = readStatus(`/proc/${pid}`);
		const [rss, threads] = ['VmRSS', 'Threads'].map((name) => Number.parseInt(status?.get(name) ?? '', 10));
		this.#sizes[who].push({rss: rss ?? 0, threads: threads ?? 0, fds: fdNumbers(pid).length});
	}

	/** @param what it means when it does not come: a problem, unless it is empty. */
	async #until(condition: () => boolean, what: string): Promise<void> {
		const end = performance.now() + settleLimitMs;
		while (!condition() && performance.now() < end) await delay(5);
		if (!condition() && what !== '') this.#problems.push(what);
	}

	/** Those who talk beside it must not notice anything either. */
	#answersOf({logPath}: StartedProgram): number {
		const lines = fs.readFileSync(logPath, 'utf8').trim().split('\n');
		const wrong = lines.findIndex((line, n) => !line.includes(`Add(1) = ${n + 1} `));
		// The last line may be only half written.
		if (wrong !== -1 && wrong < lines.length - 1)
			this.#problems.push(`call ${wrong + 1} of another client: ${lines[wrong]}`);
		return lines.length;
	}
}
