import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {setTimeout as delay} from 'node:timers/promises';
import {fixtureProgram} from '../src/dbus/demo-services.js';
import type {PrivateBus} from '../src/dbus/private-bus.js';
import {cpuSeconds, peakMegabytes} from './cpu.js';

/** Milliseconds without any CPU use after which a monitor has worked off everything. */
const idle = 400;

/** What a monitor took for a flood. */
export interface Spent {
	/** CPU time, start-up not counted. */
	seconds: number;
	/** CPU time until it was ready. */
	startSeconds: number;
	/** The most memory that it ever had. */
	megabytes: number;
}

/** Signals as fast as the daemon routes them, `count` of them, before a monitor that is ready. */
export async function spentOnFlood(bus: PrivateBus, pid: number, count: number): Promise<Spent> {
	const before = cpuSeconds(pid);
	await flood(bus, count);
	await settled(pid);
	return {seconds: cpuSeconds(pid) - before, startSeconds: before, megabytes: peakMegabytes(pid)};
}

export async function flood(bus: PrivateBus, count: number): Promise<void> {
	const sender = spawn(fixtureProgram('flood'), [String(count), '0', 'properties'], {
		env: {...process.env, ...bus.env},
		stdio: 'ignore',
	});
	const [code] = await once(sender, 'exit');
	if (code !== 0) throw new Error(`flood ended with ${code}`);
}

/** Waits until a process has used some CPU, and then none for `quiet` milliseconds. Throws when it has ended. */
export async function settled(pid: number, quiet = idle): Promise<void> {
	let last = 0;
	let since = performance.now();
	while (last === 0 || performance.now() - since < quiet) {
		await delay(20);
		const used = cpuSeconds(pid);
		if (used !== last) since = performance.now();
		last = used;
		// Too light to be seen in whole ticks: it had its time.
		if (last === 0 && performance.now() - since > 1000) return;
	}
}

export async function stop(monitor: ChildProcess): Promise<void> {
	const ended = once(monitor, 'exit');
	monitor.kill('SIGTERM');
	await ended;
}
