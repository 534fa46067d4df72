import fs from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {demoServices, fixtureProgram} from '../src/dbus/demo-services.js';
import {type PrivateBus, startPrivateBus} from '../src/dbus/private-bus.js';
import {startProgram, startService} from '../src/dbus/start-service.js';
import type {FreezeResult, ThawResult} from '../src/session/events.js';
import {type BenchRow, median, percentile, row} from './rows.js';
import {runTool} from './tool.js';

const rounds = 10;
/** Calls that must have been answered before a switch, so that the caller is at its full pace. */
const calmCalls = 50;
const {counter} = demoServices;

interface Round {
	/** The caller's longest call around each switch. */
	freezeGapMs: number;
	thawGapMs: number;
	/** criu's own time for the whole dump and restore. */
	dumpMs: number;
	restoreMs: number;
	refusalMs: number;
}

/**
 * With the policy `refuse`: how long a name has no owner that answers when its service is frozen, and when it is
 * thawed, as a client sees it that calls all the time: its longest call around each switch. The service
 * stands still while criu works, so criu's own time in the same run is the least that is possible.
 */
export async function handoverBench(): Promise<BenchRow[]> {
	const all: Round[] = [];
	for (let round = -1; round < rounds; round++) {
		const bus = await startPrivateBus();
		try {
			const measured = await oneRound(bus);
			if (round >= 0) all.push(measured); // the first warms the caches
		} finally {
			await bus.stop();
		}
	}
	const of = (key: keyof Round) => all.map((one) => one[key]);
	const gap = (name: string, ours: keyof Round, peer: keyof Round, peerName: string, note = '') =>
		row({
			name,
			ours: median(of(ours)),
			peer: median(of(peer)),
			peerName,
			unit: 'ms',
			note: `p95 ${percentile(of(ours), 0.95).toFixed(1)} ms${note}`,
		});
	const refusal = `; a call is then refused in ${median(of('refusalMs')).toFixed(1)} ms`;
	return [
		gap('freeze: the name has no owner that answers', 'freezeGapMs', 'dumpMs', "criu's own dump", refusal),
		gap('thaw: the name has no owner that answers', 'thawGapMs', 'restoreMs', "criu's own restore"),
	];
}

async function oneRound(bus: PrivateBus): Promise<Round> {
	await startService(bus, counter);
	const caller = startProgram(bus, [fixtureProgram('caller'), counter.name, '0'], {logName: 'caller'});
	await linesWith(caller.logPath, '= ', calmCalls);
	const frozen = await runTool<FreezeResult>(bus, ['freeze', counter.name, '--while-frozen', 'refuse']);
	const mark = await linesWith(caller.logPath, 'Frozen', calmCalls);
	const thawed = await runTool<ThawResult>(bus, ['thaw', frozen.checkpoint]);
	await linesWith(caller.logPath, '= ', calmCalls, mark);
	const lines = fs.readFileSync(caller.logPath, 'utf8').trim().split('\n');
	const times = (some: readonly string[]) =>
		some.map((line) => Number(/after ([\d.]+) ms/.exec(line)?.[1] ?? 0));
	return {
		freezeGapMs: Math.max(...times(lines.slice(0, mark))),
		thawGapMs: Math.max(...times(lines.slice(mark))),
		dumpMs: frozen.timings.dumpMs,
		restoreMs: thawed.timings.restoreMs,
		refusalMs: median(times(lines.filter((line) => line.includes('Frozen')))),
	};
}

/** Waits for so many lines with `word`, after the first `skipped` lines. @returns how many lines there are then. */
async function linesWith(file: string, word: string, count: number, skipped = 0): Promise<number> {
	for (;;) {
		const lines = fs.readFileSync(file, 'utf8').split('\n');
		if (lines.slice(skipped).filter((line) => line.includes(word)).length >= count) return lines.length - 1;
		await delay(5);
	}
}
