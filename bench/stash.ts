import {execFile} from 'node:child_process';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {promisify} from 'node:util';
import {demoServices} from '../src/dbus/demo-services.js';
import {Drain} from '../src/dbus/held/drain.js';
import {HeldReader} from '../src/dbus/held/reader.js';
import {PutBack} from '../src/dbus/held/reinject.js';
import {Stash} from '../src/dbus/held/stash.js';
import {hold, letGo, outsideEnds} from '../src/dbus/hold.js';
import {type PrivateBus, startPrivateBus} from '../src/dbus/private-bus.js';
import {startService} from '../src/dbus/start-service.js';
import {snapshotProcesses} from '../src/process/snapshot.js';
import {type BenchRow, median, percentile, row} from './rows.js';

const rounds = 5;
const floods = [
	{name: 'small signals', count: 50_000, bytes: 0},
	{name: '1 MB signals', count: 300, bytes: 1024 * 1024},
];
/** Milliseconds that the daemon may stand at a time. */
const stopTarget = 5;

/**
 * How fast signals for a service that stands still go to its stash, against how fast the daemon hands them to
 * the same service while it reads; and how long the daemon stands, each time, when they are put back.
 */
export async function stashBench(): Promise<BenchRow[]> {
	const rows: BenchRow[] = [];
	for (const flood of floods) {
		const running: number[] = [];
		const stashed: number[] = [];
		const stops: number[] = [];
		const putBackMs: number[] = [];
		for (let round = 0; round < rounds; round++) {
			running.push(await onBus((bus) => whileRunning(bus, flood)));
			const frozen = await onBus((bus) => whileFrozen(bus, flood));
			stashed.push(frozen.seconds);
			stops.push(...frozen.stops);
			putBackMs.push(frozen.putBackMs);
		}
		const {name, count} = flood;
		rows.push(
			row({
				name: `${count} ${name} to a frozen service, until all are in the stash`,
				ours: median(stashed),
				peer: median(running),
				peerName: 'the daemon alone, the service reads',
				unit: 's',
			}),
			row({
				name: `the daemon's stops while ${count} ${name} are put back, 95th percentile`,
				ours: percentile(stops, 0.95),
				peer: stopTarget,
				peerName: 'the bound',
				unit: 'ms',
				target: 1,
				note: `${stops.length} stops, median ${median(stops).toFixed(2)}, longest ${Math.max(...stops).toFixed(2)} ms; put back in ${median(putBackMs).toFixed(0)} ms`,
			}),
		);
	}
	return rows;
}

type Flood = (typeof floods)[number];

async function onBus<Result>(work: (bus: PrivateBus) => Promise<Result>): Promise<Result> {
	const bus = await startPrivateBus();
	try {
		return await work(bus);
	} finally {
		await bus.stop();
	}
}

async function whileRunning(bus: PrivateBus, flood: Flood): Promise<number> {
	await startService(bus, demoServices.counter);
	return send(bus, flood);
}

async function whileFrozen(
	bus: PrivateBus,
	flood: Flood,
): Promise<{seconds: number; stops: number[]; putBackMs: number}> {
	const {pid} = await startService(bus, demoServices.counter);
	process.kill(pid, 'SIGSTOP');
	const held = hold(outsideEnds(snapshotProcesses(pid)).filter(({peer}) => peer.includes(bus.dir)));
	const reader = new HeldReader(held[0]?.ourFd ?? -1);
	const stash = Stash.open(path.join(bus.dir, 'stash'));
	const drain = new Drain({reader, stash, daemonPid: bus.pid});
	drain.start();
	let seconds = await send(bus, flood);
	const start = performance.now();
	// What the daemon has routed is in the socket or in the stash; a little stays in the socket.
	while (stash.bytes < 0.8 * flood.count * Math.max(flood.bytes, 100)) await delay(1);
	seconds += (performance.now() - start) / 1000;
	drain.stop();
	const putBackStart = performance.now();
	const putBack = new PutBack({reader, stash, daemonPid: bus.pid});
	const {stops} = await putBack.run();
	const putBackMs = performance.now() - putBackStart;
	process.kill(pid, 'SIGCONT');
	putBack.finish();
	stash.close();
	letGo(held);
	return {seconds, stops, putBackMs};
}

/** Seconds, measured by a process of its own. */
async function send(bus: PrivateBus, {count, bytes}: Flood): Promise<number> {
	const program = path.join(import.meta.dirname, 'stash-flood.ts');
	const args = ['--import=tsx', program, bus.address, String(count), String(bytes)];
	const {stdout} = await promisify(execFile)(process.execPath, args, {timeout: 120_000});
	return Number(stdout);
}
