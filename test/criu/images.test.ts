import {readFileSync} from 'node:fs';
import {copyFile, mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {toBinary} from '@bufbuild/protobuf';
import test from 'ava';
import {Fault} from '../../src/common/fault.js';
import {compareSnapshots} from '../../src/context/diff.js';
import type {Snapshot} from '../../src/context/model.js';
import {parseImage} from '../../src/criu/images/container.js';
import {decode} from '../../src/criu/images/protobuf.js';
import {core, file} from '../../src/criu/images/schema.js';
import {imageSnapshot} from '../../src/criu/images/snapshot.js';
import {snapshotProcesses} from '../../src/process/snapshot.js';
import {compile, temporaryFolder} from '../support/compile.js';
import {runCriu, startResting} from '../support/criu.js';
import {runProgram} from '../support/run-program.js';

test.serial('registers, names and descriptors in the images are those /proc showed', async (t) => {
	const {pid, childPid, tids, imageDir, workDir} = await startResting(t);
	const live = new Map(
		tids.map((tid) => [tid, readFileSync(`/proc/${pid}/task/${tid}/syscall`, 'utf8').trim().split(' ')]),
	);
	const before: Snapshot = {
		version: 1,
		moment: 'before',
		takenAt: '',
		pid,
		processes: snapshotProcesses(pid),
		connections: [],
	};
	const dump = await runCriu(imageDir, ['dump', '-t', String(pid), '--ext-unix-sk', '--link-remap']);
	t.is(dump.exitCode, 0, dump.log);

	const image = await imageSnapshot(imageDir);
	t.is(image.pid, pid);
	t.is(image.moment, 'image');
	t.deepEqual(
		image.processes.map((process) => process.pid),
		[pid, childPid],
	);
	const [root, child] = image.processes;
	t.is(child?.ppid, pid);
	t.is(root?.cwd, workDir);
	t.is(root?.exe, before.processes[0]?.exe);
	t.deepEqual(root?.credentials, before.processes[0]?.credentials);

	const outcomes: Record<string, string> = {};
	for (const thread of root?.threads ?? []) {
		const words = live.get(thread.tid) ?? [];
		const [nr, sp, pc] = [Number(words[0]), words.at(-2) ?? '', BigInt(words.at(-1) ?? 0)];
		t.is(thread.sp, sp, thread.comm);
		t.is(thread.syscall?.nr, nr);
		const {registers = {}, comm} = thread;
		t.is(BigInt(registers.sp ?? 0), BigInt(sp));
		if (BigInt(thread.pc ?? 0) === pc - 2n) {
			t.is(Number(registers.ax), nr);
			outcomes[comm] = 'restarts';
		} else {
			t.is(BigInt(thread.pc ?? 0), pc);
			t.is(BigInt.asIntN(64, BigInt(registers.ax ?? 0)), -4n);
			outcomes[comm] = 'one EINTR';
		}
		t.is(thread.syscall?.args[0], words[1], 'first argument');
		t.is(Object.keys(registers).length, 27);
	}
	t.deepEqual(outcomes, {
		reader: 'restarts',
		epoller: 'one EINTR',
		sleeper: 'one EINTR',
		resting: 'one EINTR',
	});

	const expected = before.processes[0]?.fds ?? [];
	t.true(expected.length >= 18);
	for (const fd of expected) {
		const found = root?.fds.find((other) => other.fd === fd.fd);
		t.is(found?.kind, fd.kind, `fd ${fd.fd} ${fd.target}`);
		// CRIU does not keep these: flags of a pidfd, and the kernel's own words for it.
		if (fd.kind !== 'pidfd') {
			t.is(Number.parseInt(found?.flags ?? '', 8), Number.parseInt(fd.flags, 8), `flags of ${fd.target}`);
			t.is(found?.target, fd.target.replace(' (deleted)', fd.kind === 'memfd' ? ' (deleted)' : ''));
		}
		t.is(found?.pos, fd.pos, `position of ${fd.target}`);
		t.is(
			found?.socket?.name,
			fd.kind === 'socket' && fd.socket?.family === 'unix' ? fd.socket.name : undefined,
		);
	}
	t.is(root?.fds.length, expected.length);
	t.deepEqual(
		compareSnapshots(before, image).filter((difference) => difference.class !== 'expected'),
		[],
	);

	await unknownFieldsSurvive(imageDir, pid, t.deepEqual);
	await hostileImages(imageDir, pid, temporaryFolder(t), t);
});

/** What our schema does not name must come out as long as it went in. */
async function unknownFieldsSurvive(
	imageDir: string,
	pid: number,
	equal: (actual: unknown, expected: unknown) => void,
): Promise<void> {
	for (const [name, type] of [
		[`core-${pid}.img`, core],
		['files.img', file],
	] as const) {
		const data = await readFile(join(imageDir, name));
		for (let offset = 8; offset < data.length; ) {
			const length = data.readUInt32LE(offset);
			const body = data.subarray(offset + 4, offset + 4 + length);
			equal(toBinary(type.descriptor, decode(type as typeof core, body)).length, length);
			offset += 4 + length;
		}
	}
}

/** Truncated, altered and missing files: always the one error, never a crash. */
async function hostileImages(
	imageDir: string,
	pid: number,
	copy: string,
	t: {is: (one: unknown, other: unknown, message?: string) => void; pass: () => void},
): Promise<void> {
	await mkdir(copy, {recursive: true});
	const names = [
		'inventory.img',
		'pstree.img',
		'files.img',
		`core-${pid}.img`,
		`ids-${pid}.img`,
		`mm-${pid}.img`,
	];
	for (const name of await readdir(imageDir)) {
		if (name.endsWith('.img') && !name.startsWith('pages'))
			await copyFile(join(imageDir, name), join(copy, name));
	}
	const attempt = async (what: string): Promise<string> => {
		try {
			await imageSnapshot(copy);
			return 'read';
		} catch (error) {
			t.is(error instanceof Fault && error.code, 'bad-image', `${what}: ${String(error)}`);
			return (error as Fault<'bad-image'>).params.reason;
		}
	};
	t.is(await attempt('untouched'), 'read');
	for (const name of names) {
		const path = join(copy, name);
		const whole = await readFile(path);
		for (let length = 0; length < whole.length; length += Math.ceil(whole.length / 40)) {
			await writeFile(path, whole.subarray(0, length));
			// A cut between two entries leaves a well-formed file.
			await attempt(`${name} cut at ${length}`);
		}
		const altered = Buffer.from(whole);
		altered.writeUInt32LE(0xffff_fff0, name === 'inventory.img' ? 4 : 8);
		await writeFile(path, altered);
		t.is(await attempt(`${name} with a huge length`), 'truncated');
		for (let index = 0; index < whole.length; index += Math.ceil(whole.length / 60)) {
			const flipped = Buffer.from(whole);
			flipped[index] = (flipped[index] ?? 0) ^ 0xff;
			await writeFile(path, flipped);
			await attempt(`${name} altered at ${index}`);
		}
		altered.fill(0, 0, 8);
		await writeFile(path, altered);
		t.is(await attempt(`${name} without magic`), 'bad-magic');
		await rm(path);
		t.is(await attempt(`${name} missing`), name.startsWith('mm') ? 'read' : 'missing');
		await writeFile(path, whole);
	}
}

test('the error names the file and the offset of the damaged entry', (t) => {
	const data = Buffer.alloc(16);
	data.writeUInt32LE(0x54564319, 0);
	data.writeUInt32LE(0x55053847, 4);
	data.writeUInt32LE(5, 8);
	const fault = t.throws(() => parseImage(data, '/x/core-1.img', 'core', core), {instanceOf: Fault}) as Fault;
	t.deepEqual(fault.params, {path: '/x/core-1.img', offset: 8, reason: 'truncated'});
	data.writeUInt32LE(4, 8);
	data.writeUInt32LE(0xffff_ffff, 12);
	const bad = t.throws(() => parseImage(data, '/x/core-1.img', 'core', core), {instanceOf: Fault}) as Fault;
	t.deepEqual(bad.params, {path: '/x/core-1.img', offset: 8, reason: 'bad-message'});
});

for (const title of ['long', 'short']) {
	test.serial(`a ${title} title over the arguments is read from the images as /proc shows it`, async (t) => {
		const program = compile(t, 'test/criu/programs/title.c');
		const {pid} = await runProgram(t, program, [title, 'much', 'to', 'write', 'over']);
		const [live] = snapshotProcesses(pid);
		t.regex(live?.cmdline[0] ?? '', title === 'long' ? /^t{20,}/ : /^short$/);
		const imageDir = temporaryFolder(t);
		const dump = await runCriu(imageDir, ['dump', '-t', String(pid), '--shell-job', '--ext-unix-sk']);
		t.is(dump.exitCode, 0, dump.log);
		const [frozen] = (await imageSnapshot(imageDir)).processes;
		t.deepEqual(frozen?.cmdline, live?.cmdline);
		t.deepEqual(frozen?.environment, live?.environment);
	});
}
