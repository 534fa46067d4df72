import {spawn} from 'node:child_process';
import {setTimeout as delay} from 'node:timers/promises';
import {demoServices, fixtureProgram} from '../src/dbus/demo-services.js';
import {type PrivateBus, startPrivateBus} from '../src/dbus/private-bus.js';
import {startService} from '../src/dbus/start-service.js';
import {openPty, type Pty} from '../test/support/pty.js';
import {cpuSeconds, residentMegabytes} from './cpu.js';
import {type BenchRow, percentile, row} from './rows.js';
import {toolArguments} from './tool.js';

const keysEach = 150;
const rate = 20_000;
/** Milliseconds: half of what people still feel as "at once" (Miller 1968, Nielsen 1993). */
const limit = 50;
/** Megabytes that the screen may take. */
const memoryLimit = 200;
/** Longer than any answer may take. */
const patienceMs = 10_000;

/**
 * From a key press to the screen that shows it, as a terminal sees it: the real screen on a private bus that
 * carries 20,000 messages a second. Two sizes, since drawing costs grow with the terminal.
 */
export async function screenBench(): Promise<BenchRow[]> {
	const rows: BenchRow[] = [];
	for (const [columns, lines] of [
		[80, 24],
		[200, 50],
	] as const)
		rows.push(...(await measure(columns, lines)));
	return rows;
}

async function measure(columns: number, rows: number): Promise<BenchRow[]> {
	const bus = await startPrivateBus();
	let pty: Pty | undefined;
	try {
		for (const service of [demoServices.counter, demoServices.ledger, demoServices.gauge])
			await startService(bus, service);
		pty = openPty([process.execPath, ...toolArguments(bus)], {columns, rows, env: bus.env});
		await pty.until(/Demo\.Ledger[\s\S]*press f/, patienceMs);
		flood(bus);
		await pty.until(/(19|20|21)\.\dk msg\/s/, 6 * patienceMs);
		const pid = pty.pid();
		const [cpuBefore, start] = [cpuSeconds(pid), performance.now()];
		const latencies = await answers(pty);
		const share = (cpuSeconds(pid) - cpuBefore) / ((performance.now() - start) / 1000);
		const seen = /([\d.]+k) msg\/s/.exec(pty.text())?.[1] ?? 'fewer';
		const [p50, p95] = [percentile(latencies, 0.5), percentile(latencies, 0.95)];
		const memory = residentMegabytes(pid);
		const keys = row({
			name: `key press to screen at ${columns}×${rows}, ${rate.toLocaleString('en')} messages/s (p95)`,
			ours: p95,
			peer: limit,
			peerName: 'limit',
			unit: 'ms',
			target: 1,
			note:
				`${latencies.length} keys: p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, longest ${Math.max(...latencies).toFixed(1)} ms; ` +
				`${seen} messages/s shown; CPU ${(share * 100).toFixed(0)} % of a core`,
		});
		const resident = row({
			name: `memory of the screen at ${columns}×${rows}, ${rate.toLocaleString('en')} messages/s (RSS)`,
			ours: memory,
			peer: memoryLimit,
			peerName: 'limit',
			unit: 'MB',
			target: 1,
		});
		return [keys, resident];
	} finally {
		pty?.kill();
		await bus.stop();
	}
}

/** For as long as the bus lives; it ends with it. */
function flood(bus: PrivateBus): void {
	const enough = rate * 600;
	const child = spawn(fixtureProgram('flood'), [String(enough), String(rate)], {
		env: {PATH: process.env.PATH, ...bus.env},
		stdio: 'ignore',
	});
	child.unref();
}

/** Milliseconds from each key to the screen on which another connection is chosen. */
async function answers(pty: Pty): Promise<number[]> {
	const latencies: number[] = [];
	for (let key = 0; key < keysEach; key++) {
		// At every place between two frames, as people type.
		await delay(20 + ((key * 37) % 80));
		const before = chosenRow(pty);
		const moved = nextScreen(pty, () => chosenRow(pty) !== before);
		const pressed = performance.now();
		pty.write(key % 2 === 0 ? 'j' : 'k');
		await moved;
		latencies.push(performance.now() - pressed);
	}
	return latencies;
}

/** Resolves as soon as the terminal has drawn what is wanted; no polling. */
function nextScreen({terminal}: Pty, wanted: () => boolean): Promise<void> {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => settle(() => reject(new Error('the key was not answered'))), patienceMs);
		const drawn = terminal.onWriteParsed(() => {
			if (wanted()) settle(resolve);
		});
		const settle = (how: () => void) => {
			clearTimeout(timer);
			drawn.dispose();
			how();
		};
	});
}

/** The row of the terminal with the mark of the chosen connection. */
function chosenRow({terminal: {buffer, rows}}: Pty): number {
	const {active} = buffer;
	for (let y = 0; y < rows; y++) {
		if (
			active
				.getLine(active.baseY + y)
				?.getCell(2)
				?.getChars() === '▸'
		)
			return y;
	}
	return -1;
}
