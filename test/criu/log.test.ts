import {appendFileSync, copyFileSync, existsSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {type CriuCause, firstCause, readLog} from '../../src/criu/log.js';
import {knownCause} from '../../src/criu/log-causes.js';
import {en} from '../../src/i18n/en/index.js';
import {zhCN} from '../../src/i18n/zh-CN/index.js';
import {temporaryFolder} from '../support/compile.js';
import {reaped, runCriu, startObstacle, startResting} from '../support/criu.js';
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
];

for (const [obstacle, code, message, needs] of obstacles) {
	test.serial(`the first cause of a failed dump: ${obstacle}`, async (t) => {
		if (needs !== undefined && !existsSync(needs)) {
			t.log(`${needs} is not on this machine`);
			t.pass();
			return;
		}
		const pid = await startObstacle(t, obstacle);
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
