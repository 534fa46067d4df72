import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {fixtureProgram} from '../src/dbus/demo-services.js';
import {type PrivateBus, startPrivateBus} from '../src/dbus/private-bus.js';
import {startProgram} from '../src/dbus/start-service.js';
import {backtraces} from '../src/process/backtraces.js';
import {liveCore} from '../src/process/live-core.js';
import {type StackCopies, snapshotProcesses} from '../src/process/snapshot.js';
import {type BenchRow, median, row} from './rows.js';

const threads = 60;
const descriptors = 500;
const rounds = 15;
/** Gaps up to this are the ticker's own pace. */
const thresholdUs = 250;

/**
 * A snapshot of a process with many threads and descriptors, backtraces included, and `eu-stack -p` of the same, in
 * turn: how long the process's main thread does not run, which it measures itself, and how long each takes. Ours runs
 * an eu-stack as well, on a copy of the stacks, so it takes longer and stops less.
 */
export async function snapshotBench(): Promise<BenchRow[]> {
	const bus = await startPrivateBus();
	try {
		const {pid, logPath} = await startCrowd(bus);
		const ours: Measured[] = [];
		const peer: Measured[] = [];
		for (let round = -1; round < rounds; round++) {
			const byUs = await measured(logPath, () => ourSnapshot(pid));
			const byEuStack = await measured(logPath, async () => {
				execFileSync('eu-stack', ['-p', String(pid)], {stdio: ['ignore', 'ignore', 'ignore']});
			});
			if (round < 0) continue; // the first of each warms the caches
			ours.push(byUs);
			peer.push(byEuStack);
		}
		const compared = (name: string, pick: (one: Measured) => number, target?: number) =>
			row({
				name,
				ours: median(ours.map(pick)),
				peer: median(peer.map(pick)),
				peerName: 'eu-stack -p',
				unit: 'ms',
				...(target === undefined ? {} : {target}),
				note: `${rounds} rounds; ${threads} threads, ${descriptors} descriptors`,
			});
		return [
			compared('snapshot with backtraces: its main thread does not run', ({gapMs}) => gapMs, 1),
			compared('snapshot with backtraces, and everything else: wall time', ({wallMs}) => wallMs),
		];
	} finally {
		await bus.stop();
	}
}

interface Measured {
	wallMs: number;
	/** The longest gap in the ticker's time, or its threshold when none was longer. */
	gapMs: number;
}

async function startCrowd(bus: PrivateBus): Promise<{pid: number; logPath: string}> {
	const args = [thresholdUs, threads, descriptors].map(String);
	// In front of all others, so that a busy machine is no gap.
	const ticker = ['chrt', '--fifo', '50', fixtureProgram('ticker')] as const;
	const crowd = startProgram(bus, [...ticker, ...args], {logName: 'crowd'});
	while (!fs.readFileSync(crowd.logPath, 'utf8').includes('ready')) await delay(10);
	return crowd;
}

async function ourSnapshot(pid: number): Promise<void> {
	const stacks: StackCopies = new Map();
	const [root] = snapshotProcesses(pid, {stacks});
	const core = root && liveCore(root, stacks);
	if (!core || (await backtraces(core)).size < threads) throw new Error('not every thread has a backtrace');
}

async function measured(logPath: string, work: () => Promise<void>): Promise<Measured> {
	const {size} = fs.statSync(logPath);
	const start = performance.now();
	await work();
	const wallMs = performance.now() - start;
	await delay(2); // the ticker writes a gap when it is over
	const lines = fs.readFileSync(logPath).subarray(size).toString();
	const gaps = [...lines.matchAll(/gap_us (\d+)/g)].map((match) => Number(match[1]));
	return {wallMs, gapMs: Math.max(thresholdUs, ...gaps) / 1000};
}
