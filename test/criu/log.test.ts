import {execFileSync} from 'node:child_process';
import {
	appendFileSync,
	copyFileSync,
	existsSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	renameSync,
	symlinkSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';
import {type CriuCause, firstCause, readLog} from '../../src/criu/log.js';
import {knownCause} from '../../src/criu/log-causes.js';
import {readLogFile} from '../../src/criu/log-file.js';
import {en} from '../../src/i18n/en/index.js';
import {zhCN} from '../../src/i18n/zh-CN/index.js';
import {compile, temporaryFolder} from '../support/compile.js';
import {criuPath, reaped, runCriu, startDetached, startObstacle, startResting} from '../support/criu.js';
import {runProgram} from '../support/run-program.js';

/** What criu really writes when each of these stops it. */
const obstacles: Array<[obstacle: string, cause: CriuCause, cause: RegExp, needs?: string]> = [
	['file-lock', 'file-locks', /^Some file locks are hold/],
	['deleted-file', 'ghost-too-large', /^Can't dump ghost file .*\/big of 4194304 size/],
	['shared-memory', 'sysv-shm', /doesn't live in IPC ns$/],
	['outside-socket', 'outside-unix-socket', /External socket is used|half of stream/],
	['tcp', 'established-tcp', /^inet: Connected TCP socket/],
	['tun', 'network-device', /^tun: Net namespace is required/, '/dev/net/tun'],
	['device', 'device', /^Can't dump file \d+ of that type .*\(chr 10:229\)/, '/dev/fuse'],
	['pidfd', 'outside-pidfd', /is not a part of process tree/],
	['traced', 'traced', /^Unable to interrupt task: \d+ \(Operation not permitted\)$/],
	['io_uring', 'io-uring', /^send_fds failed \(-22\)$/],
	['mapped io_uring', 'io-uring', /anon_inode:\[io_uring\]/],
	['mount-namespace', 'mount-namespace', /^Can't lookup mount=|doesn't have a proper root mount$/],
	['perf-event', 'other-kind', /\(anon anon_inode:\[perf_event\]\)$/],
	['secret-memory', 'special-mapping', /\(\/secretmem/],
	['vsock', 'socket-family', /\(family 40\)$/],
	['linked-file', 'linked-file', /^Can't create link remap for .*\/first\./],
	['chroot', 'not-dumpable', /^can't dump unprivileged task whose \/proc doesn't belong to it/],
	['other-user', 'rlimit-denied', /^Can't get rlimit 0: Operation not permitted$/],
];

/** A kernel may refuse to make the thing, and with CAP_SYS_RESOURCE (bit 24) another user's limits are readable. */
function standsInTheWay(pid: number, obstacle: string): boolean {
	const {length} = readdirSync(`/proc/${pid}/fd`);
	if (['perf-event', 'vsock', 'secret-memory'].includes(obstacle)) return length > 3;
	const capabilities = /^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
	return obstacle !== 'other-user' || ((BigInt(`0x${capabilities}`) >> 24n) & 1n) === 0n;
}

for (const [obstacle, code, message, needs] of obstacles) {
	test.serial(`the first cause of a failed dump: ${obstacle}`, async (t) => {
		if (needs !== undefined && !existsSync(needs)) {
			t.log(`${needs} is not on this machine`);
			t.pass();
			return;
		}
		const pid = await startObstacle(t, obstacle);
		if (!standsInTheWay(pid, obstacle)) {
			t.log('no obstacle on this machine');
			t.pass();
			return;
		}
		const {exitCode, log} = await runCriu(temporaryFolder(t), ['dump', '-t', String(pid)]);
		t.not(exitCode, 0, log);
		const report = readLog(log);
		t.false(report.succeeded);
		t.is(report.known?.code, code, log);
		t.regex(report.cause, message);
		t.is(firstCause(log), report.cause);
		for (const {evidence} of [en, zhCN]) {
			const text = evidence.causes[code](report.known?.params ?? {});
			t.false(`${text.message}${text.hint}`.includes('undefined'), text.message);
		}
	});
}

test.serial('a run that succeeded has no cause, although it logs an error', async (t) => {
	const {pid, imageDir} = await startResting(t);
	const {exitCode, log} = await runCriu(imageDir, [
		'dump',
		'-t',
		String(pid),
		'--leave-running',
		'--link-remap',
	]);
	t.is(exitCode, 0);
	const {succeeded, cause, known, lines} = readLog(log);
	t.true(succeeded);
	t.is(cause, '');
	t.is(known, undefined);
	t.true(lines.filter((line) => line.level === 'error').every((line) => line.noise));
	t.true(lines.some((line) => line.level === 'warning' && line.message.includes('interrupted system call')));
});

test.serial('a stage that was refused, a file that changed, a pid in use, and no such process', async (t) => {
	const folder = temporaryFolder(t);
	const program = join(folder, 'sleeper');
	copyFileSync('/bin/sleep', program);
	const script = join(folder, 'refuse');
	writeFileSync(script, '#!/bin/sh\n[ "$CRTOOLS_SCRIPT_ACTION" != post-dump ]\n', {mode: 0o700});
	const images = temporaryFolder(t);
	const {pid} = await runProgram(t, '/bin/sh', [
		'-c',
		`echo ready; exec ${program} 100000 </dev/null >/dev/null 2>&1 3>&-`,
	]);
	const refused = await runCriu(images, ['dump', '-t', String(pid), '--action-script', script]);
	t.is(refused.exitCode, 255);
	t.is(readLog(refused.log).known?.code, 'stage-refused');

	t.is((await runCriu(images, ['dump', '-t', String(pid), '--leave-running'])).exitCode, 0);
	const taken = await runCriu(images, ['restore', '-d']);
	t.not(taken.exitCode, 0);
	t.deepEqual(readLog(taken.log).known, {code: 'pid-taken', params: {pid: String(pid)}});

	process.kill(pid, 'SIGKILL');
	await reaped([pid]);
	appendFileSync(program, 'x');
	const changed = await runCriu(images, ['restore', '-d']);
	t.not(changed.exitCode, 0);
	const {known, lines} = readLog(changed.log);
	t.is(known?.code, 'bad-size', changed.log);
	t.is(Number(known?.params.size), Number(known?.params.expected) + 1);
	t.is(lines.find((line) => line.message.includes('bad size'))?.pid, pid);

	// The failed restore had made a process of this number.
	await reaped([pid]);
	const gone = await runCriu(temporaryFolder(t), ['dump', '-t', String(pid)]);
	t.is(readLog(gone.log).known?.code, 'no-process', gone.log);
});

/** Starts programs/sleeper.c, whose file can be changed, and dumps it. */
async function dumpedSleeper(t: ExecutionContext) {
	const program = compile(t, join(import.meta.dirname, 'programs', 'sleeper.c'), ['-Wl,--build-id=0x11']);
	const {pid} = await startDetached(t, program);
	const images = temporaryFolder(t);
	const {exitCode, log} = await runCriu(images, ['dump', '-t', String(pid)]);
	t.is(exitCode, 0, log);
	await reaped([pid]);
	return {pid, program, images};
}

test.serial('restores that fail: file gone, another build, damaged images, none, no folder', async (t) => {
	const {pid, program, images} = await dumpedSleeper(t);
	const attempt = async (code: CriuCause, params?: RegExp) => {
		const {exitCode, log} = await runCriu(images, ['restore', '-d']);
		t.not(exitCode, 0);
		const {known} = readLog(log);
		t.is(known?.code, code, log);
		if (params) t.regex(JSON.stringify(known?.params), params);
		await reaped([pid]);
	};
	renameSync(program, `${program}.away`);
	await attempt('missing-file', /sleeper/);
	const other = compile(t, join(import.meta.dirname, 'programs', 'sleeper.c'), ['-Wl,--build-id=0x22']);
	copyFileSync(other, program);
	await attempt('bad-build-id', /sleeper/);
	renameSync(`${program}.away`, program);
	truncateSync(join(images, `core-${pid}.img`), 100);
	await attempt('damaged-image', /core-\d+\.img/);
	const empty = await runCriu(temporaryFolder(t), ['restore', '-d']);
	t.is(readLog(empty.log).known?.code, 'no-images', empty.log);
	const {stderr} = await execa(await criuPath(), ['dump', '-t', String(pid), '-D', '/no/such'], {
		reject: false,
	});
	t.like(readLog(stderr).known, {code: 'no-folder', params: {path: '/no/such'}});
});

test.serial('criu that was killed, one that reads a cut file for ever, and a full disk', async (t) => {
	const {pid, images} = await dumpedSleeper(t);
	truncateSync(join(images, 'pages-1.img'), 4096);
	const endless = await execa(await criuPath(), ['restore', '-d', '-D', images, '-v4', '-o', 'restore.log'], {
		reject: false,
		timeout: 500,
		killSignal: 'SIGKILL',
	});
	t.true(endless.timedOut);
	process.kill(pid, 'SIGKILL');
	t.is(readLog(readLogFile(join(images, 'restore.log'))).known?.code, 'pages-cut-short');
	await reaped([pid]);

	const {pid: second} = await startDetached(
		t,
		compile(t, join(import.meta.dirname, 'programs', 'sleeper.c')),
	);
	const script = join(temporaryFolder(t), 'kill');
	writeFileSync(script, '#!/bin/sh\n[ "$CRTOOLS_SCRIPT_ACTION" = post-dump ] && kill -9 $PPID; exit 0\n', {
		mode: 0o700,
	});
	const killed = await runCriu(temporaryFolder(t), ['dump', '-t', String(second), '--action-script', script]);
	t.is(readLog(killed.log).known?.code, 'cut-short', killed.log);

	const disk = temporaryFolder(t);
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
	t.teardown(() => execFileSync('umount', ['-l', disk]));
	const log = join(temporaryFolder(t), 'dump.log');
	const full = await execa(await criuPath(), ['dump', '-t', String(second), '-D', disk, '-v4', '-o', log], {
		reject: false,
		timeout: 20_000,
		killSignal: 'SIGKILL',
	});
	t.not(full.exitCode, 0);
	t.is(readLog(readFileSync(log, 'utf8')).known?.code, 'no-space');
});

test.serial('a descriptor under a wrong key, and a message that carries one', async (t) => {
	for (const [obstacle, key, code] of [
		['outside-socket', 'socket[INODE]', 'task-crashed'],
		['carried', 'socket:[INODE]', 'carried-descriptor'],
	] as const) {
		const pid = await startObstacle(t, obstacle);
		const target = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
		const inode = /socket:\[(\d+)\]/.exec(target.join(' '))?.[1] ?? '';
		const images = temporaryFolder(t);
		const external = ['--ext-unix-sk', '--external', `unix[${inode}]`];
		const dumped = await runCriu(images, ['dump', '-t', String(pid), ...external]);
		t.is(dumped.exitCode, 0, dumped.log);
		// The outside end was made by a child, which is a zombie of the tree.
		await reaped(readdirSync(images).flatMap((name) => Number(/^core-(\d+)/.exec(name)?.[1] ?? [])));
		const inherit = `fd[10]:${key.replace('INODE', inode)}`;
		const command =
			'exec "$0" restore -d --ext-unix-sk -D "$1" -v4 -o restore.log --inherit-fd "$2" 10<>/dev/null';
		const {exitCode} = await execa('/bin/bash', ['-c', command, await criuPath(), images, inherit], {
			reject: false,
			timeout: 20_000,
			killSignal: 'SIGKILL',
		});
		t.not(exitCode, 0);
		const log = readFileSync(join(images, 'restore.log'), 'utf8');
		t.is(readLog(log).known?.code, code, log);
	}
});

test.serial('connections that criu cannot lock, because iptables is missing', async (t) => {
	const pid = await startObstacle(t, 'tcp');
	// criu looks for it with a shell.
	const bin = temporaryFolder(t);
	symlinkSync('/bin/sh', join(bin, 'sh'));
	const {exitCode, log} = await runCriu(
		temporaryFolder(t),
		['dump', '-t', String(pid), '--tcp-established'],
		{PATH: bin},
	);
	t.not(exitCode, 0);
	t.is(readLog(log).known?.code, 'network-lock', log);
});

test.serial('a member of another session', async (t) => {
	const {lines} = await runProgram(t, '/bin/sh', [
		'-c',
		'sleep 100000 </dev/null >/dev/null 2>&1 & echo "child $!"; echo ready; wait',
	]);
	const pid = Number(lines[0]?.split(' ')[1]);
	const {log} = await runCriu(temporaryFolder(t), ['dump', '-t', String(pid)]);
	t.like(readLog(log).known, {code: 'not-a-leader', params: {pid: String(pid)}}, log);
});

test('logs that other versions of criu wrote, and one that hung', (t) => {
	const expected: Record<string, CriuCause> = {
		'held-dgram-4.2.1.log': 'held-dgram',
		'lost-descriptor-4.2.1.log': 'task-crashed',
		'udp-4.1.1.log': 'socket-option',
		'vdso-3.17.1.log': 'vdso-mismatch',
	};
	const folder = join(import.meta.dirname, 'logs');
	t.deepEqual(readdirSync(folder).sort(), Object.keys(expected));
	for (const [name, code] of Object.entries(expected)) {
		const {known, telling} = readLog(readFileSync(join(folder, name), 'utf8'));
		t.is(known?.code, code, name);
		t.true(telling.length > 2 && telling.length <= 8);
	}
});

test('an unknown error: its line, what was logged before it, and what followed', (t) => {
	const report = readLog(
		[
			"(00.01) Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted",
			'(00.02) one',
			'(00.03) two',
			'(00.04) three',
			"(00.05) Error (criu/new.c:1): Can't dump a novelty",
			'(00.06) four',
			'(00.07) Error (criu/cr-dump.c:1): Dumping FAILED.',
		].join('\n'),
	);
	t.is(report.known, undefined);
	t.is(report.cause, "Can't dump a novelty");
	t.deepEqual(
		report.telling.map(({message}) => message),
		['two', 'three', "Can't dump a novelty", 'Dumping FAILED.'],
	);
});

test('lines are read with their time, task, place and level', (t) => {
	const [first, second, third] = readLog(
		[
			"(00.044249) Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted",
			'pie: 10749: Error (criu/pie/parasite.c:588): send_fds failed (-22)',
			'(00.056319)  11179: Warn  (criu/mem.c:1467): (a) message: with 1: marks',
			'(00.1) an ordinary line that says Error (not one)',
			'',
		].join('\n'),
	).lines;
	t.like(first, {seconds: 0.044249, level: 'error', source: 'criu/util.c:1534', noise: true, number: 1});
	t.like(second, {pid: 10749, level: 'error', source: 'criu/pie/parasite.c:588', noise: false});
	t.like(third, {pid: 11179, level: 'warning', message: '(a) message: with 1: marks'});
	t.is(second?.seconds, undefined);
});

test('an empty log, a log without errors, and one of a later version', (t) => {
	t.is(firstCause(''), '');
	t.is(firstCause('(00.1) one\n(00.2) two\n'), '(00.2) two');
	t.is(
		firstCause(
			"(00.1) Error (criu/new.c:1): Can't dump a novelty\n(00.2) Error (criu/cr-dump.c:1): Dumping FAILED.",
		),
		"Can't dump a novelty",
	);
	t.is(knownCause("Can't dump a novelty"), undefined);
});
