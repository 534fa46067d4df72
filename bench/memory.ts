import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {findCriu} from '../src/criu/find.js';
import {comparePages, sumPages} from '../src/criu/memory/checksums.js';
import {compareDumped} from '../src/criu/memory/compare.js';
import {dumpedMemory} from '../src/criu/memory/dumped.js';
import {fixtureProgram} from '../src/dbus/demo-services.js';
import {startPrivateBus} from '../src/dbus/private-bus.js';
import {startProgram} from '../src/dbus/start-service.js';
import {type BenchRow, median, row} from './rows.js';

const megabytes = 200;
const rounds = 7;
/** What was asked for. */
const askedPerSecond = 500e6;

/** Memory byte for byte against its images, as at pre-resume, and `cmp` of two files of the same size. */
export async function memoryBench(): Promise<BenchRow[]> {
	const bus = await startPrivateBus();
	try {
		const args = ['2000', '1', '0', String(megabytes)];
		const {pid, logPath} = startProgram(bus, [fixtureProgram('ticker'), ...args], {logName: 'large'});
		while (!fs.readFileSync(logPath, 'utf8').includes('ready')) await delay(10);
		const images = path.join(bus.dir, 'images');
		fs.mkdirSync(images);
		const criu = (await findCriu(undefined, process.env)).path;
		execFileSync(criu, [
			'dump',
			'-t',
			String(pid),
			'-D',
			images,
			'--leave-stopped',
			'--file-locks',
			'--shell-job',
		]);
		const memory = await dumpedMemory(images);
		const pages = path.join(images, 'pages-1.img');
		fs.copyFileSync(pages, `${pages}.copy`);
		const sums = await sumPages([pid], memory, () => {});
		const ours: number[] = [];
		const bySums: number[] = [];
		const peer: number[] = [];
		for (let round = -1; round < rounds; round++) {
			const compared = await timed(() => compareDumped(memory, () => {}));
			const original = await timed(() => comparePages(sums, () => {}));
			const byCmp = await timed(async () => execFileSync('cmp', [pages, `${pages}.copy`]));
			if (round < 0) continue; // the first of each warms the caches
			ours.push(compared);
			bySums.push(original);
			peer.push(byCmp);
		}
		const speed = (ms: number) => `${(memory.bytes / 1e3 / ms).toFixed(0)} MB/s`;
		const limit = (memory.bytes / askedPerSecond) * 1000;
		const shared = {unit: 'ms', note: `${rounds} rounds`} as const;
		const [direct, checksums, cmp] = [median(ours), median(bySums), median(peer)];
		return [
			row({
				...shared,
				name: `${megabytes} MB of images against memory (${speed(direct)})`,
				ours: direct,
				peer: limit,
				peerName: 'the limit of 500 MB/s',
				target: 1,
			}),
			row({
				...shared,
				name: `the same, then against the checksums of the process before (${speed(direct + checksums)})`,
				ours: direct + checksums,
				peer: cmp,
				peerName: `cmp of two files (${speed(cmp)})`,
			}),
		];
	} finally {
		await bus.stop();
	}
}

async function timed(work: () => Promise<unknown>): Promise<number> {
	const start = performance.now();
	await work();
	return performance.now() - start;
}
