import fs from 'node:fs';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {median} from '../bench/rows.js';
import {Checkpoint} from '../src/checkpoint/folder.js';
import type {Snapshot} from '../src/context/model.js';
import {fdNumbers} from '../src/process/fds.js';
import {readMappings} from '../src/process/maps.js';
import {readText} from '../src/process/read.js';
import {processTree, threadIds} from '../src/process/tree.js';
import type {FreezeResult, ThawResult} from '../src/session/events.js';
import {Cli, type JsonError} from '../test/support/cli.js';
import {ServiceClient} from './client.js';
import {libraryOf} from './library.js';
import type {Finding, Surveyed} from './model.js';
import type {World} from './world.js';

/** How long a call waits at a frozen service to show that nobody answers, milliseconds. */
const frozenMs = 150;
/** So long nothing changes in a service that is at rest; and how long we wait for that. Milliseconds. */
const quietMs = 700;
const settleLimitMs = 8000;
/** Exit code of a refusal by the preflight. */
const refusedCode = 5;

/** Changes that the preflight tells of: there is no other way to thaw such a service. */
const announced = ['left-user-namespace'];

/** What must be the same after a cycle. */
interface Facts {
	owner: string;
	names: string[];
	pid: number;
	processes: number;
	/** Without those of pools. */
	threads: number;
	fds: number;
}

/** Thrown when there is no sense in going on; `outcome` tells why. */
class Stop extends Error {
	constructor(
		readonly outcome: 'refused' | 'failed' | 'not started',
		message: string,
	) {
		super(message);
	}
}

/** Starts a service, freezes and thaws it so many times under a client, and tells what was found. Never rejects. */
export async function tryOut(
	service: Surveyed,
	kind: Finding['kind'],
	cycles: number,
	makeWorld: () => Promise<World> | World,
): Promise<Finding> {
	const trial = new Trial(service, kind, cycles);
	await trial.run(makeWorld);
	return trial.finding;
}

class Trial {
	readonly finding: Finding;
	readonly #service: Surveyed;
	readonly #rounds: number;
	#world!: World;
	#client!: ServiceClient;
	#cli!: Cli;

	constructor(service: Surveyed, kind: Finding['kind'], rounds: number) {
		this.#service = service;
		this.#rounds = rounds;
		const nothing = {library: '', threads: 0, fds: 0, processes: 0, held: 0, signals: false, warnings: []};
		this.finding = {key: service.key, kind, outcome: 'failed', cause: '', ...nothing};
	}

	async run(makeWorld: () => Promise<World> | World): Promise<void> {
		try {
			this.#world = await makeWorld();
			await this.#start();
			await this.#cycles();
			this.finding.outcome = this.finding.cause === '' ? 'preserved' : 'changed';
		} catch (error) {
			this.finding.outcome = error instanceof Stop ? error.outcome : 'failed';
			this.finding.cause = (error as Error).message;
		} finally {
			this.#client?.close();
			await this.#world?.stop().catch((error: Error) => {
				this.finding.cause += ` (its end: ${error.message})`;
			});
		}
	}

	async #start(): Promise<void> {
		const {signal} = this.#service;
		try {
			this.#client = await ServiceClient.connect(this.#world.address, this.#service);
			const start = performance.now();
			this.#world.start();
			await this.#client.answersFirst();
			this.finding.coldMs = performance.now() - start;
			await this.#client.subscribe();
			// Twice, because what can be heard only once would say nothing later.
			for (const round of [-1, 0]) if (signal) await this.#client.hears(signal, round);
			this.finding.signals = signal !== undefined;
		} catch (error) {
			const said = this.#world.log().trim().split('\n').slice(-5).join(' | ');
			throw new Stop('not started', `${(error as Error).message}: ${said}`);
		}
		this.#cli = new Cli(this.#world);
	}

	async #cycles(): Promise<void> {
		const before = await this.#settled();
		const {fds, processes, threads} = before;
		Object.assign(this.finding, {fds, processes, threads: threads + this.#poolThreads(before.pid)});
		const mapped = readMappings(before.pid).map((mapping) => mapping.path);
		this.finding.library = libraryOf(`/proc/${before.pid}/exe`, mapped);
		this.#client.ownerChanges = 0;
		this.#world.problems();
		const dumps: number[] = [];
		const restores: number[] = [];
		for (let round = 1; round <= this.#rounds; round++) {
			const {dumpMs, restoreMs} = await this.#cycle(round);
			dumps.push(dumpMs);
			restores.push(restoreMs);
		}
		Object.assign(this.finding, {dumpMs: median(dumps), restoreMs: median(restores)});
	}

	async #cycle(round: number): Promise<{dumpMs: number; restoreMs: number}> {
		const before = await this.#settled();
		const frozen = await this.#command<FreezeResult>(round, 'freeze', this.#service.busName);
		Object.assign(this.finding, {
			held: frozen.held.length,
			portable: frozen.portable,
			megabytes: frozen.imageBytes / 1e6,
		});
		let answered = false;
		const waiting = this.#client.call().finally(() => {
			answered = true;
		});
		waiting.catch(() => {});
		await delay(frozenMs);
		const problems = this.#world.problems();
		if (answered) problems.push('it answers while it is frozen');
		const thawed = await this.#command<ThawResult>(round, 'thaw', frozen.checkpoint);
		try {
			await waiting;
			if (this.#service.signal) await this.#client.hears(this.#service.signal, round);
			await this.#client.call();
		} catch (error) {
			problems.push(`after the thaw: ${(error as Error).message}`);
		}
		for (const {warning, params} of [...frozen.warnings, ...thawed.warnings])
			this.finding.warnings.push(`${warning} ${JSON.stringify(params)}`);
		const broken = thawed.verdict.differences.filter((one) => one.class !== 'expected');
		const [first] = broken;
		if (first && broken.every((one) => one.class === 'changed' && announced.includes(one.reason)))
			this.finding.cause = `${first.reason} (${first.path}), as announced`;
		else if (!thawed.verdict.preserved) problems.push(`not preserved: ${JSON.stringify(broken)}`);
		problems.push(
			...this.#changed(before, frozen.checkpoint, await this.#facts()),
			...this.#world.problems(),
		);
		if (this.#client.ownerChanges > 0) problems.push('its name changed its owner');
		if (problems.length > 0) throw new Stop('failed', `cycle ${round}: ${problems.join('; ')}`);
		return {dumpMs: frozen.timings.dumpMs, restoreMs: thawed.timings.restoreMs};
	}

	/**
	 * How many there are of each is looked at before the program runs on and does something new; and it may have done
	 * something new just before it was frozen.
	 */
	#changed(before: Facts, checkpoint: string, after: Facts): string[] {
		const folder = new Checkpoint(checkpoint);
		const frozen = countsOf(folder.readSnapshot('image'));
		const restored = countsOf(folder.readSnapshot('pre-resume'));
		const asBefore = differences(before, {...after, ...restored});
		return asBefore.length === 0 ? [] : differences({...before, ...frozen}, {...after, ...restored});
	}

	async #command<Result>(round: number, ...args: string[]): Promise<Result> {
		const {code, document} = await this.#cli.json<Result | JsonError>(...args);
		if (code <= 1) return document as Result;
		const {message, hint} = (document as JsonError).error;
		if (code === refusedCode && args[0] === 'freeze' && round === 1) throw new Stop('refused', message);
		throw new Stop(
			'failed',
			`cycle ${round}: ${args[0]}: exit ${code}: ${message} (${hint})${this.#criuErrors()}`,
		);
	}

	/** When it has done what it does after its start, or in its own time: threads end, descriptors are closed. */
	async #settled(): Promise<Facts> {
		const end = performance.now() + settleLimitMs;
		let facts = await this.#facts();
		for (let since = performance.now(); performance.now() - since < quietMs && performance.now() < end; ) {
			await delay(100);
			const now = await this.#facts();
			if (differences(facts, now).length > 0) since = performance.now();
			facts = now;
		}
		return facts;
	}

	/** What CRIU's logs say, newest checkpoint only: its folder goes away with the world. */
	#criuErrors(): string {
		const root = path.join(this.#cli.stateDir, 'checkpoints');
		const [newest = ''] = fs.existsSync(root) ? fs.readdirSync(root).sort().reverse() : [];
		const lines = ['dump.log', 'restore.log'].flatMap((name) => {
			const file = path.join(root, newest, name);
			return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n') : [];
		});
		const errors = lines.filter((line) => /Error \(/.test(line) && !line.includes('RLIMIT_NOFILE'));
		return errors.length === 0 ? '' : ` CRIU: ${errors.slice(-4).join(' | ')}`;
	}

	async #facts(): Promise<Facts> {
		const owner = (await this.#client.owner()) ?? 'nobody';
		// A daemon from 1.16 on does not know the pid of a thawed service any more.
		const pid = await this.#client.pidOf(owner).catch(() => this.#pid);
		this.#pid = pid;
		const tree = processTree(pid).map((one) => one.pid);
		const sum = (count: (pid: number) => number) => tree.reduce((all, one) => all + count(one), 0);
		return {
			owner,
			names: await this.#client.namesOf(owner),
			pid,
			processes: tree.length,
			threads: sum((one) => threadIds(one).length) - this.#poolThreads(pid),
			fds: sum((one) => fdNumbers(one).length),
		};
	}

	/** GLib ends the idle ones of a thread pool when it likes. The verdict judges them one by one. */
	#poolThreads(root: number): number {
		const threads = processTree(root).flatMap(({pid}) =>
			threadIds(pid).map((tid) => `/proc/${pid}/task/${tid}`),
		);
		return threads.filter((folder) => isOfPool(readText(`${folder}/comm`) ?? '')).length;
	}

	#pid = 0;
}

function countsOf(snapshot: Snapshot | undefined): Pick<Facts, 'processes' | 'threads' | 'fds'> {
	const {processes = []} = snapshot ?? {};
	const threads = processes.flatMap((one) => one.threads);
	return {
		processes: processes.length,
		threads: threads.filter(({comm}) => !isOfPool(comm)).length,
		fds: processes.flatMap((one) => one.fds).length,
	};
}

const isOfPool = (comm: string) => comm.startsWith('pool');

function differences(before: Facts, after: Facts): string[] {
	return Object.entries(before).flatMap(([what, value]) => {
		const now = after[what as keyof Facts];
		return String(now) === String(value) ? [] : [`${what}: ${value} before, ${now} after`];
	});
}
