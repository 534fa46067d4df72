import {execFileSync} from 'node:child_process';
import {copyFileSync, mkdirSync, renameSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {CodePlaces} from '../../src/process/code-places.js';
import {buildId} from '../../src/process/elf.js';
import {mappedFiles} from '../../src/process/mapped-files.js';
import {parseMappings, readMappings} from '../../src/process/maps.js';
import {readThreads} from '../../src/process/threads.js';
import {compile, temporaryFolder} from '../support/compile.js';
import {eventually} from '../support/eventually.js';
import {runProgram} from '../support/run-program.js';

const source = 'test/process/programs/blocked.c';
const ownFunction = 'wait_in_own_code';

function nm(program: string, ...flags: string[]): Map<string, number> {
	const lines = execFileSync('nm', [...flags, program], {encoding: 'utf8'}).split('\n');
	return new Map(
		lines.flatMap((line) => {
			const [address = '', , name = ''] = line.split(/\s+/);
			return name === '' || address === '' ? [] : [[name, Number.parseInt(address, 16)] as const];
		}),
	);
}

/** Where the thread "in-pause" is once it sleeps in its system call. */
function placeOfPause(pid: number) {
	return eventually(() => {
		const thread = readThreads(pid, new CodePlaces().of(pid)).find(({comm}) => comm === 'in-pause');
		return thread?.syscall?.name === 'pause' && {pc: Number(thread.pc), where: thread.where};
	});
}

const kinds: Array<[string, string[]]> = [
	['PIE', ['-pie', '-fPIE']],
	['not PIE', ['-no-pie', '-fno-pie']],
	['code apart from the headers', ['-pie', '-fPIE', '-Wl,-z,separate-code', '-Wl,-z,max-page-size=65536']],
	['code and headers in one segment', ['-no-pie', '-fno-pie', '-Wl,-z,noseparate-code']],
	['static', ['-static', '-no-pie']],
];

for (const [name, flags] of kinds) {
	test(`a function of our own, ${name}`, async (t) => {
		const program = compile(t, source, flags);
		const {pid, lines} = await runProgram(t, program);
		const [address = 0, main = 0] = lines[0]?.split(' ').map(Number) ?? [];
		const {pc, where} = await placeOfPause(pid);
		t.deepEqual(where, {module: program, symbol: ownFunction, offset: `0x${(pc - address).toString(16)}`});
		const placeOf = new CodePlaces().of(pid);
		t.deepEqual(placeOf(BigInt(main)), {module: program, symbol: 'main', offset: '0x0'});
		t.like(placeOf(BigInt(main - 1)), {module: program});
		t.not(placeOf(BigInt(main - 1))?.symbol, 'main');
		t.is(placeOf(1n), undefined);
	});

	test(`stripped: module and offset as nm tells, ${name}`, async (t) => {
		const whole = compile(t, source, flags);
		const symbols = nm(whole);
		const program = join(temporaryFolder(t), 'stripped');
		execFileSync('strip', ['-o', program, whole]);
		const {pid, lines} = await runProgram(t, program);
		const address = Number(lines[0]?.split(' ')[0]);
		const {pc, where} = await placeOfPause(pid);
		const base = flags.includes('-no-pie') ? 0x400000 : 0;
		const offset = (symbols.get(ownFunction) ?? Number.NaN) - base + pc - address;
		t.deepEqual(where, {module: program, offset: `0x${offset.toString(16)}`});
	});
}

test('a function of the C library as nm knows it', async (t) => {
	const {pid} = await runProgram(t, compile(t, source));
	const mapping = readMappings(pid).find(({path}) => /libc\.so/.test(path));
	if (!mapping) throw new Error('no C library');
	const symbols = nm(mapping.path, '-D', '--without-symbol-versions');
	const placeOf = new CodePlaces().of(pid);
	for (const name of ['poll', 'read', 'qsort', 'printf', 'getenv']) {
		const address = mapping.start - mapping.offset + (symbols.get(name) ?? Number.NaN);
		t.deepEqual(placeOf(BigInt(address + 2)), {module: mapping.path, symbol: name, offset: '0x2'});
	}
});

async function placeAfter(t: ExecutionContext, change: (program: string) => void) {
	const original = compile(t, source);
	const program = join(temporaryFolder(t), 'program');
	copyFileSync(original, program);
	const {pid} = await runProgram(t, program);
	change(program);
	return {program, pid, where: (await placeOfPause(pid)).where};
}

test('a program that was deleted while it runs', async (t) => {
	const {program, pid, where} = await placeAfter(t, (path) => rmSync(path));
	t.like(where, {module: program, symbol: ownFunction});
	t.like(
		mappedFiles(pid).find(({path}) => path === program),
		{deleted: true, executable: true},
	);
});

test('a program that was replaced by another one', async (t) => {
	const {program, pid, where} = await placeAfter(t, (path) => {
		copyFileSync('/bin/true', `${path}.new`);
		renameSync(`${path}.new`, path);
	});
	t.like(where, {module: program, symbol: ownFunction});
	t.not(mappedFiles(pid).find(({path}) => path === program)?.buildId, buildId('/bin/true'));
});

test('a program that only its own mount namespace shows', async (t) => {
	if (process.getuid?.() !== 0) {
		t.pass('needs root');
		return;
	}
	const original = compile(t, source);
	const folder = temporaryFolder(t);
	mkdirSync(join(folder, 'hidden'));
	const script = `mount -t tmpfs none "$1" && cp "$0" "$1/program" && exec "$1/program"`;
	const {pid} = await runProgram(t, 'unshare', [
		'--mount',
		'sh',
		'-c',
		script,
		original,
		join(folder, 'hidden'),
	]);
	t.like((await placeOfPause(pid)).where, {module: join(folder, 'hidden/program'), symbol: ownFunction});
});

test('build-ids, as readelf tells them', (t) => {
	const program = compile(t, source, ['-Wl,--build-id=sha1']);
	const notes = execFileSync('readelf', ['-n', program], {encoding: 'utf8'});
	t.is(buildId(program), notes.match(/Build ID: ([0-9a-f]+)/)?.[1]);
	t.regex(buildId(program) ?? '', /^[0-9a-f]{40}$/);
	t.is(buildId(compile(t, source, ['-Wl,--build-id=none'])), undefined);
	t.is(buildId('/etc/passwd'), undefined);
	t.is(buildId('/etc'), undefined);
	t.throws(() => buildId('/nowhere'), {code: 'ENOENT'});
});

test('the files that a process has mapped', async (t) => {
	const program = compile(t, source, ['-Wl,--build-id=sha1']);
	const {pid} = await runProgram(t, program);
	const files = mappedFiles(pid);
	t.like(
		files.find(({path}) => path === program),
		{executable: true, deleted: false, buildId: buildId(program) ?? ''},
	);
	t.true(files.some(({path, buildId: id}) => /libc\.so/.test(path) && id !== undefined));
	t.is(new Set(files.map(({inode}) => inode)).size, files.length);
});

test('lines of maps', (t) => {
	const text = [
		'55e0-55f0 r-xp 00001000 fe:01 123                        /tmp/with space (deleted)',
		'7ffd000-7ffe000 r-xp 00000000 00:00 0                    [vdso]',
		'7fff000-8000000 rw-p 00000000 00:00 0 ',
		'nonsense',
	].join('\n');
	t.deepEqual(
		parseMappings(text).map(({start, path, deleted}) => ({start, path, deleted})),
		[
			{start: 0x55e0, path: '/tmp/with space', deleted: true},
			{start: 0x7ffd000, path: '[vdso]', deleted: false},
			{start: 0x7fff000, path: '', deleted: false},
		],
	);
});

test('code without a file: the vdso and anonymous memory', (t) => {
	const placeOf = new CodePlaces().of(process.pid);
	const vdso = readMappings(process.pid).find(({path}) => path === '[vdso]');
	const anonymous = readMappings(process.pid).find(({path, inode}) => path === '' && inode === 0);
	t.deepEqual(placeOf(BigInt((vdso?.start ?? 0) + 16)), {module: '[vdso]', offset: '0x10'});
	t.deepEqual(placeOf(BigInt((anonymous?.start ?? 0) + 16)), {module: '[anonymous]', offset: '0x10'});
});
