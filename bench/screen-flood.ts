import {spawn} from 'node:child_process';
import {type PrivateBus, startPrivateBus} from '../src/dbus/private-bus.js';
import {openPty} from '../test/support/pty.js';
import {type Spent, settled, spentOnFlood, stop} from './flood.js';
import {type BenchRow, median, row} from './rows.js';
import {toolArguments} from './tool.js';

const usualCount = 100_000;
const rounds = 3;
/** Above so many messages one round is long enough to be steady. */
const manyMessages = 500_000;
/** What the whole screen may take of the CPU of a tool that prints text. */
const most = 2;
const patienceMs = 30_000;

const sizes = [
	[80, 24],
	[200, 50],
] as const;

/** The whole screen, drawing included, and dbus-monitor's text mode before the same floods. */
export async function screenFloodBench(count = usualCount): Promise<BenchRow[]> {
	const bus = await startPrivateBus();
	try {
		const theirs: Spent[] = [];
		const ours = sizes.map((): Spent[] => []);
		for (let round = 0; round < (count >= manyMessages ? 1 : rounds); round++) {
			theirs.push(await text(bus, count));
			for (const [i, [columns, rows]] of sizes.entries())
				ours[i]?.push(await screen(bus, count, columns, rows));
		}
		return sizes.flatMap(([columns, rows], i) => {
			const name = `the screen at ${columns}×${rows}, ${count.toLocaleString('en')} messages`;
			const mine = ours[i] ?? [];
			const peerName = 'dbus-monitor (text)';
			return [
				row({
					name,
					ours: median(mine.map(({seconds}) => seconds)),
					peer: median(theirs.map(({seconds}) => seconds)),
					peerName,
					unit: 's',
					target: most,
					note: 'CPU time, start-up not counted',
				}),
				row({
					name: `${name}, peak memory`,
					ours: Math.max(...mine.map(({megabytes}) => megabytes)),
					peer: Math.max(...theirs.map(({megabytes}) => megabytes)),
					peerName,
					unit: 'MB',
					note: 'the screen keeps the newest 200,000 messages, the other none',
				}),
			];
		});
	} finally {
		await bus.stop();
	}
}

async function text(bus: PrivateBus, count: number): Promise<Spent> {
	const monitor = spawn('dbus-monitor', ['--address', bus.address], {stdio: 'ignore'});
	if (monitor.pid === undefined) throw new Error('cannot start dbus-monitor');
	await settled(monitor.pid);
	const spent = await spentOnFlood(bus, monitor.pid, count);
	await stop(monitor);
	return spent;
}

async function screen(bus: PrivateBus, count: number, columns: number, rows: number): Promise<Spent> {
	const pty = openPty([process.execPath, ...toolArguments(bus)], {columns, rows, env: bus.env});
	try {
		await pty.until(/press f/, patienceMs);
		await settled(pty.pid());
		return await spentOnFlood(bus, pty.pid(), count);
	} finally {
		pty.kill();
	}
}
