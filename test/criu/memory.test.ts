import {closeSync, openSync, readdirSync, readFileSync, readSync, statSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {comparePages, sumPages} from '../../src/criu/memory/checksums.js';
import {compareDumped} from '../../src/criu/memory/compare.js';
import {type DumpedMemory, dumpedMemory} from '../../src/criu/memory/dumped.js';
import type {Compared} from '../../src/criu/memory/report.js';
import {compile, temporaryFolder} from '../support/compile.js';
import {reaped, runCriu, startDetached} from '../support/criu.js';

const source = join(import.meta.dirname, 'programs', 'memory.c');

/** Starts programs/memory.c, dumps it and leaves it stopped, so that it can be compared with its images. */
async function dumped(t: ExecutionContext) {
	const {pid, lines} = await startDetached(t, compile(t, source));
	const places = new Map(
		lines.map((line) => line.split(' ') as [string, string]).map(([name, at]) => [name, Number(at)]),
	);
	const pids = [pid, places.get('child') ?? 0];
	const imageDir = temporaryFolder(t);
	const {exitCode, log} = await runCriu(imageDir, ['dump', '-t', String(pid), '--leave-stopped']);
	t.is(exitCode, 0, log);
	t.teardown(() => kill(pids));
	const at = (name: string) => places.get(name) ?? 0;
	return {pid, pids, at, imageDir, memory: await dumpedMemory(imageDir)};
}

function kill(pids: readonly number[]): void {
	for (const pid of pids)
		try {
			process.kill(pid, 'SIGKILL');
		} catch {}
}

const quiet = () => {};
const differing = (found: Compared) => found.bytes - found.equalBytes - found.kernelBytes;

/** Flips a byte of another process. */
function flip(pid: number, address: number): void {
	const fd = openSync(`/proc/${pid}/mem`, 'r+');
	const byte = Buffer.alloc(1);
	readSync(fd, byte, 0, 1, address);
	byte[0] = (byte[0] ?? 0) ^ 1;
	writeSync(fd, byte, 0, 1, address);
	closeSync(fd);
}

test.serial('the images are the process that was dumped, and every altered byte is found', async (t) => {
	const {pid, at, imageDir, memory} = await dumped(t);
	const inFiles = readdirSync(imageDir)
		.filter((name) => name.startsWith('pages-'))
		.reduce((sum, name) => sum + statSync(join(imageDir, name)).size, 0);
	t.is(memory.bytes, inFiles, 'every dumped page belongs somewhere');
	const same = await compareDumped(memory, quiet);
	t.is(same.bytes, memory.bytes);
	t.deepEqual(same.different, []);
	t.is(differing(same), 0);

	const altered = [
		['private', 2_000_001],
		['shared', 4097],
		['memfd', 17],
		['guarded', 8192],
	] as const;
	for (const [name, offset] of altered) flip(pid, at(name) + offset);
	// Nearer than a word: one difference.
	flip(pid, at('private') + 2_000_004);
	const found = await compareDumped(memory, quiet);
	t.deepEqual(
		found.different.map(({start, bytes, what}) => [start, bytes, what]).sort(),
		altered
			.map(([name, offset]) => [
				`0x${(at(name) + offset).toString(16)}`,
				name === 'private' ? 4 : 1,
				'changed',
			])
			.sort(),
	);
	t.is(differing(found), 5);
	const memfd = found.different.find(({map}) => map?.path.startsWith('/memfd:mapped'));
	t.is(memfd?.map?.permissions, 'rw-s');
	t.is(memfd?.map?.offset, `0x${((1 << 19) + 17).toString(16)}`);
	const guarded = found.different.find(({start}) => Number(start) === at('guarded') + 8192);
	t.is(guarded?.map?.permissions, '---p');
});

test.serial(
	'the restored process is the one that was dumped, unchanged pages of files included',
	async (t) => {
		const {pid, pids, at, imageDir, memory} = await dumped(t);
		const sums = await sumPages(pids, memory, quiet);
		kill(pids);
		await reaped(pids);
		const restored = await runCriu(imageDir, ['restore', '-d', '--leave-stopped']);
		t.is(restored.exitCode, 0, restored.log);

		const same = await compareDumped(memory, quiet);
		t.deepEqual(same.different, []);
		t.is(differing(same), 0);
		const original = await comparePages(sums, quiet);
		t.deepEqual(original.different, []);
		t.true(original.bytes > memory.bytes, 'libraries too');

		// The code of the C library was not dumped: only its checksum tells.
		flip(pid, at('code'));
		t.deepEqual((await compareDumped(memory, quiet)).different, []);
		const [code, ...more] = (await comparePages(sums, quiet)).different;
		t.deepEqual(more, []);
		t.is(Number(code?.start), Math.floor(at('code') / 4096) * 4096);
		t.regex(code?.map?.path ?? '', /libc/);
	},
);

test.serial('rotten images are found by the checksums, and memory that is not there', async (t) => {
	const {pid, pids, imageDir, memory} = await dumped(t);
	const sums = await sumPages(pids, memory, quiet);
	const range = memory.ranges.find((one) => one.pid === pid && one.bytes > 2 ** 20);
	if (!range) throw new Error('the large mapping was not dumped');
	kill(pids);
	await reaped(pids);
	const gone = await compareDumped(memory, quiet);
	t.is(gone.equalBytes, 0);
	t.true(gone.different.every(({what, map}) => what === 'missing' && map === undefined));

	const rotten = openSync(range.pages, 'r+');
	const at = range.offset + 12_345;
	const [byte = 0] = readFileSync(range.pages).subarray(at);
	writeSync(rotten, Buffer.of(byte ^ 0x80), 0, 1, at);
	closeSync(rotten);
	const {exitCode, log} = await runCriu(imageDir, ['restore', '-d', '--leave-stopped']);
	t.is(exitCode, 0, log);
	t.deepEqual((await compareDumped(memory, quiet)).different, [], 'criu restored what the images say');
	const [page] = (await comparePages(sums, quiet)).different;
	t.is(Number(page?.start), range.start + 12_288);
});

test('long work lets others have their turn, and says how far it is', async (t) => {
	const bytes = 600 * 2 ** 20;
	// Its own zeros: as fast as memory is compared.
	const zero = {
		pid: process.pid,
		place: 'exe',
		start: 0,
		addressOffset: 0,
		pages: '/proc/self/exe',
		offset: 0,
	};
	const size = statSync('/proc/self/exe').size;
	const ranges = Array.from({length: Math.ceil(bytes / size)}, () => ({...zero, bytes: size}));
	const memory: DumpedMemory = {ranges, bytes: ranges.length * size, kernelAreas: []};
	let turns = 0;
	const timer = setInterval(() => turns++, 1);
	const told: number[] = [];
	const {equalBytes} = await compareDumped(memory, (done, total) => {
		t.is(total, memory.bytes);
		told.push(done);
	});
	clearInterval(timer);
	t.is(equalBytes, memory.bytes);
	t.true(turns > 5, `${turns} turns`);
	t.deepEqual(
		told,
		[...told].sort((one, other) => one - other),
	);
});
