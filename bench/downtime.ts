import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {dumpArguments, restoreArguments} from '../src/criu/arguments.js';
import {findCriu} from '../src/criu/find.js';
import {fixtureProgram} from '../src/dbus/demo-services.js';
import {type PrivateBus, startPrivateBus} from '../src/dbus/private-bus.js';
import {type StartedProgram, startProgram} from '../src/dbus/start-service.js';
import {type BenchRow, median, row} from './rows.js';
import {runTool} from './tool.js';

const rounds = 20;
const settleMs = 100;

/**
 * How long a process does not run when it is frozen and thawed at once: through our keeper, and by criu dump
 * and criu restore with the same flags from a shell. The process itself measures: it reads the clock all the
 * time, and the largest gap counts. In turn, each on a fresh process.
 */
export async function downtimeBench(): Promise<BenchRow[]> {
	const bus = await startPrivateBus();
	try {
		const criu = (await findCriu(undefined, process.env)).path;
		const ours: number[] = [];
		const bare: number[] = [];
		for (let round = -1; round < rounds; round++) {
			const byUs = await gapDuring(bus, (pid) => runTool(bus, ['cycle', `pid:${pid}`]));
			const byHand = await gapDuring(bus, (pid) =>
				criuByHand(criu, pid, path.join(bus.dir, `bare-${round}`)),
			);
			if (round < 0) continue; // the first of each warms the caches
			ours.push(byUs);
			bare.push(byHand);
		}
		return [
			row({
				name: 'time the process does not run (freeze + thaw)',
				ours: median(ours),
				peer: median(bare),
				peerName: 'criu dump; criu restore',
				unit: 'ms',
				target: 1.3,
				note: `${rounds} rounds; ours ${spread(ours)}, bare ${spread(bare)}`,
			}),
		];
	} finally {
		await bus.stop();
	}
}

/** Milliseconds of the longest gap that the ticker saw while `work` froze and thawed it. */
async function gapDuring(bus: PrivateBus, work: (pid: number) => Promise<void>): Promise<number> {
	const ticker = startProgram(bus, [fixtureProgram('ticker'), '8000'], {
		logName: `ticker-${performance.now()}`,
	});
	await logged(ticker, 'ready');
	await work(ticker.pid);
	await delay(settleMs); // it runs again and has written its gap; a machine under load makes small ones of its own
	await logged(ticker, 'gap_us');
	const gaps = [...fs.readFileSync(ticker.logPath, 'utf8').matchAll(/gap_us (\d+)/g)].map((m) =>
		Number(m[1]),
	);
	process.kill(ticker.pid, 'SIGKILL');
	return Math.max(...gaps) / 1000;
}

async function logged({logPath}: StartedProgram, word: string): Promise<void> {
	while (!fs.readFileSync(logPath, 'utf8').includes(word)) await delay(10);
}

async function criuByHand(criu: string, pid: number, imageDir: string): Promise<void> {
	fs.mkdirSync(imageDir);
	const job = (log: string) => ({imageDir, log, held: [], actionScript: undefined});
	const command = (args: string[]) => [criu, ...args].map((arg) => `'${arg}'`).join(' ');
	const script = [
		command(dumpArguments(pid, job('dump.log'), false)),
		`while [ -d /proc/${pid} ]; do :; done`,
		command(restoreArguments(job('restore.log'), false)),
	].join(' && ');
	const shell = spawn('/bin/sh', ['-c', script], {stdio: 'ignore'});
	const [code] = await once(shell, 'exit');
	if (code !== 0)
		throw new Error(
			`criu by hand failed: ${fs.readFileSync(path.join(imageDir, 'dump.log'), 'utf8').slice(-500)}`,
		);
}

function spread(values: readonly number[]): string {
	return `${Math.min(...values).toFixed(0)}–${Math.max(...values).toFixed(0)} ms`;
}
