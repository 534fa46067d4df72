import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {fixtureProgram} from '../src/dbus/demo-services.js';
import {type PrivateBus, startPrivateBus} from '../src/dbus/private-bus.js';
import {cpuSeconds} from './cpu.js';
import {type BenchRow, median, row} from './rows.js';

const count = 100_000;
const rounds = 3;
/** Milliseconds without any CPU use after which a monitor has worked off everything. */
const idle = 400;

interface Contender {
	name: string;
	argv(address: string): [string, ...string[]];
}

const main = path.resolve(import.meta.dirname, '../dist/cli/main.js');

const contenders = {
	watch: {name: 'watch', argv: (address) => [process.execPath, main, '--address', address, 'watch']},
	watchJson: {
		name: 'watch --json',
		argv: (address) => [process.execPath, main, '--address', address, '--json', 'watch'],
	},
	profile: {
		name: 'dbus-monitor --profile',
		argv: (address) => ['dbus-monitor', '--address', address, '--profile'],
	},
	busctl: {
		name: 'busctl monitor --json=short',
		argv: (address) => ['busctl', `--address=${address}`, 'monitor', '--json=short'],
	},
} satisfies Record<string, Contender>;

/**
 * CPU seconds that a monitor spends on 100,000 signals sent as fast as the daemon routes them, start-up not
 * counted, output to /dev/null. Then each once more into a file, to count what was lost.
 */
export async function monitorBench(): Promise<BenchRow[]> {
	const bus = await startPrivateBus();
	try {
		const cpu = new Map<Contender, number[]>();
		for (let round = 0; round < rounds; round++) {
			for (const contender of Object.values(contenders)) {
				const seconds = await measure(bus, contender);
				cpu.set(contender, [...(cpu.get(contender) ?? []), seconds]);
			}
		}
		const lost = new Map<Contender, number>();
		for (const contender of Object.values(contenders)) lost.set(contender, await countLost(bus, contender));
		const compare = (name: string, ours: Contender, peer: Contender): BenchRow =>
			row({
				name,
				ours: median(cpu.get(ours) ?? []),
				peer: median(cpu.get(peer) ?? []),
				peerName: peer.name,
				unit: 's',
				target: 1,
				note: `CPU time; messages lost: ${lost.get(ours)}, by ${peer.name} ${lost.get(peer)}`,
			});
		return [
			compare('watch, 100,000 messages', contenders.watch, contenders.profile),
			compare('watch --json, 100,000 messages', contenders.watchJson, contenders.busctl),
		];
	} finally {
		await bus.stop();
	}
}

async function measure(bus: PrivateBus, contender: Contender): Promise<number> {
	const monitor = await start(bus, contender, 'ignore');
	const before = cpuSeconds(monitor.pid);
	await flood(bus);
	await settled(monitor);
	const seconds = cpuSeconds(monitor.pid) - before;
	await stop(monitor);
	return seconds;
}

async function countLost(bus: PrivateBus, contender: Contender): Promise<number> {
	const file = path.join(bus.dir, 'monitor.out');
	const output = fs.openSync(file, 'w', 0o600);
	const monitor = await start(bus, contender, output);
	fs.closeSync(output);
	await flood(bus);
	await settled(monitor);
	await stop(monitor);
	return count - (fs.readFileSync(file, 'latin1').match(/PropertiesChanged/g)?.length ?? 0);
}

async function start(
	bus: PrivateBus,
	{argv}: Contender,
	stdout: 'ignore' | number,
): Promise<ChildProcess & {pid: number}> {
	const [command, ...args] = argv(bus.address);
	const monitor = spawn(command, args, {stdio: ['ignore', stdout, 'ignore']});
	if (monitor.pid === undefined) throw new Error(`cannot start ${command}`);
	const started = monitor as ChildProcess & {pid: number};
	await settled(started);
	return started;
}

async function stop(monitor: ChildProcess): Promise<void> {
	const ended = once(monitor, 'exit');
	monitor.kill('SIGTERM');
	await ended;
}

async function flood(bus: PrivateBus): Promise<void> {
	const sender = spawn(fixtureProgram('flood'), [String(count), '0', 'properties'], {
		env: {...process.env, ...bus.env},
		stdio: 'ignore',
	});
	const [code] = await once(sender, 'exit');
	if (code !== 0) throw new Error(`flood ended with ${code}`);
}

/** Waits until a process has used some CPU, and then none for a while. */
async function settled(monitor: ChildProcess & {pid: number}): Promise<void> {
	let last = 0;
	let since = performance.now();
	while (last === 0 || performance.now() - since < idle) {
		await delay(20);
		if (monitor.exitCode !== null) throw new Error(`the monitor ended with ${monitor.exitCode}`);
		const used = cpuSeconds(monitor.pid);
		if (used !== last) since = performance.now();
		last = used;
		// Too light to be seen in whole ticks: it had its time.
		if (last === 0 && performance.now() - since > 1000) return;
	}
}
