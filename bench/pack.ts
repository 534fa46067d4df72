import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {packInto} from '../src/checkpoint/move/pack.js';
import {Placement} from '../src/checkpoint/move/placement.js';
import {unpackInto} from '../src/checkpoint/move/unpack.js';
import {CheckpointStore} from '../src/checkpoint/store.js';
import {demoServices} from '../src/dbus/demo-services.js';
import {type PrivateBus, startPrivateBus} from '../src/dbus/private-bus.js';
import {startService} from '../src/dbus/start-service.js';
import type {FreezeResult} from '../src/session/events.js';
import {type BenchRow, median, row} from './rows.js';
import {runTool} from './tool.js';

const rounds = 5;
/** Megabytes of images that are measured: those of a real service, as often as it takes. */
const megabytes = 200;

/**
 * Packing and unpacking, with checksums of every file and all on the disk at the end, against `tar | zstd` at the
 * same level, which does neither. Both read from the page cache.
 */
export async function packBench(): Promise<BenchRow[]> {
	const bus = await startPrivateBus();
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dbusfreeze-bench-'));
	try {
		const checkpoint = await largeCheckpoint(bus, folder);
		const times = {pack: [] as number[], tar: [] as number[], unpack: [] as number[], untar: [] as number[]};
		const archive = path.join(folder, 'packed');
		let size = 0;
		let tarSize = 0;
		let bytes = 0;
		for (let round = 0; round < rounds; round++) {
			fs.rmSync(archive, {force: true});
			const packed = await timed(times.pack, () => packInto(archive, checkpoint));
			({size} = packed);
			({bytes} = packed.index);
			const shell = (line: string) => execFileSync('sh', ['-c', line], {cwd: folder});
			const dir = checkpoint.dir;
			await timed(times.tar, async () =>
				shell(`tar -C '${dir}' -cf - . | zstd -3 -q -f -o tarred && sync tarred`),
			);
			tarSize = fs.statSync(path.join(folder, 'tarred')).size;
			const placement = new Placement(new CheckpointStore(path.join(folder, `state-${round}`)));
			const unpacked = await timed(times.unpack, async () => {
				const source = fs.createReadStream(archive, {highWaterMark: 1024 * 1024});
				const {name} = await unpackInto(placement, source, archive);
				return placement.commit(name);
			});
			fs.rmSync(unpacked.dir, {recursive: true});
			await timed(times.untar, async () => {
				shell('mkdir untarred && zstd -dcq tarred | tar -C untarred -xf - && sync -f untarred');
			});
			fs.rmSync(path.join(folder, 'untarred'), {recursive: true});
		}
		const speed = (ms: number) => `${(bytes / 1e3 / ms).toFixed(0)} MB/s`;
		const compare = (name: string, ours: number[], peer: number[], note: string) =>
			row({
				name: `${name} ${(bytes / 1e6).toFixed(0)} MB of a checkpoint`,
				ours: median(ours),
				peer: median(peer),
				peerName: 'tar and zstd',
				unit: 'ms',
				note: `ours ${speed(median(ours))}, peer ${speed(median(peer))}${note}`,
			});
		const sizes = `; ${(size / 1e6).toFixed(1)} MB packed, peer ${(tarSize / 1e6).toFixed(1)} MB`;
		return [
			compare('packing', times.pack, times.tar, sizes),
			compare('unpacking', times.unpack, times.untar, ''),
		];
	} finally {
		await bus.stop();
		fs.rmSync(folder, {recursive: true});
	}
}

async function timed<T>(times: number[], work: () => Promise<T>): Promise<T> {
	const start = performance.now();
	const result = await work();
	times.push(performance.now() - start);
	return result;
}

/** A frozen service of Node.js, whose pages are repeated: real memory, and enough of it. */
async function largeCheckpoint(bus: PrivateBus, folder: string) {
	await startService(bus, demoServices.notes);
	const {checkpoint} = await runTool<FreezeResult>(bus, ['freeze', demoServices.notes.name]);
	const state = path.join(folder, 'origin');
	const dir = path.join(state, 'checkpoints', 'large');
	const inside = (file: string) => !/(keeper\.sock|gate)$/.test(file);
	fs.cpSync(checkpoint, dir, {recursive: true, filter: inside});
	const pages = path.join(dir, 'images/pages-1.img');
	const {size} = fs.statSync(pages);
	for (let n = 2; n * size < megabytes * 1e6; n++)
		fs.copyFileSync(pages, path.join(dir, `images/pages-${n}.img`));
	const found = new CheckpointStore(state).find(dir);
	found.writeManifest({...found.readManifest(), keeper: null, state: 'left-running'});
	return found;
}
