import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {FreezeResult, ThawResult} from '../../../src/session/events.js';
import {testBus} from '../../support/bus.js';
import {Cli, type JsonError} from '../../support/cli.js';
import {ResourceProgram} from '../../support/resources.js';

/** What `doctor TARGET --json` prints, as far as it is looked at here. */
interface Report {
	ok: boolean;
	resources: Array<{class: string; kind?: string; finding?: string; fd?: number}>;
	dumped: Record<string, number>;
	portable: boolean;
}

async function examined(t: ExecutionContext, cli: Cli, {pid}: ResourceProgram): Promise<Report> {
	const {code, document} = await cli.json<Report>('doctor', `pid:${pid}`);
	t.is(code, document.ok ? 0 : 5);
	return document;
}

/** Kinds of what is held and findings of the rest, each once, but for what every process of these tests has. */
function told({resources}: Report, wanted: string): string[] {
	const found = resources
		.filter((one) => one.class === wanted && one.finding !== 'no-connection')
		.map(({kind, finding}) => kind ?? finding ?? '');
	return [...new Set(found)].sort();
}

/** Freezes and thaws twice; everything works each time. @returns what the verdicts say that is not expected. */
async function twice(t: ExecutionContext, cli: Cli, program: ResourceProgram): Promise<string[]> {
	const changed = new Set<string>();
	for (const round of [1, 2]) {
		const {document} = await cli.json<ThawResult>('cycle', `pid:${program.pid}`);
		t.true(document.ok, JSON.stringify(document));
		for (const {path, reason, class: kind} of document.verdict.differences)
			if (kind !== 'expected') changed.add(`${path.replace(/^processes\/\d+\//, '')} ${reason}`);
		t.false(program.isUntouched, 'it was really frozen');
		t.deepEqual(await program.broken(), [], `round ${round}`);
	}
	return [...changed];
}

test('what CRIU cannot make anew is held, and is the very same afterwards', async (t) => {
	const held = {
		datagrams: 'socket',
		fifo: 'fifo',
		'foreign-namespace': 'namespace',
		fuse: 'device',
		hidden: 'file',
		kmsg: 'device',
		multicast: 'udp',
		netlink: 'netlink',
		'others-file': 'file',
		'perf-event': 'other',
		pidfd: 'pidfd',
		pipe: 'pipe',
		'proc-watch': 'inotify',
		tcp: 'tcp',
		terminal: 'tty',
		'wall-clock': 'timerfd',
	};
	const cli = new Cli(await testBus(t));
	const program = await ResourceProgram.start(t, [...Object.keys(held), 'child']);
	const report = await examined(t, cli, program);
	const expected = Object.entries(held).flatMap(([name, kind]) =>
		program.missing.includes(name) ? [] : [kind],
	);
	t.deepEqual(told(report, 'held'), [...new Set(expected)].sort());
	t.deepEqual([...told(report, 'blocks'), ...told(report, 'changes')], []);
	t.false(report.portable);
	const refused = await cli.json<JsonError>('freeze', '--portable', `pid:${program.pid}`);
	t.is(refused.code, 5);
	t.is(refused.document.error.code, 'not-portable');
	t.true(program.isUntouched);
	t.deepEqual(await twice(t, cli, program), []);
});

test('what CRIU makes anew as it was is not held, but for locks, which nobody else gets meanwhile', async (t) => {
	const cli = new Cli(await testBus(t));
	const resources = ['boottime', 'deleted', 'disarmed', 'eventfd', 'tcp-inside', 'ticking', 'flock', 'ofd'];
	const program = await ResourceProgram.start(t, resources);
	const report = await examined(t, cli, program);
	t.deepEqual(told(report, 'held'), ['file']);
	t.deepEqual([...told(report, 'blocks'), ...told(report, 'changes')], []);
	t.true(report.portable);
	t.is(report.dumped.timerfd, 3);
	t.deepEqual(await twice(t, cli, program), []);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', `pid:${program.pid}`);
	const isTaken = t.throws(() =>
		execFileSync('flock', ['--nonblock', join(program.folder, 'flock'), 'true']),
	);
	t.like(isTaken, {status: 1}, 'nobody gets the lock of a frozen process');
	await cli.ok(t, 'thaw', checkpoint);
	t.deepEqual(await program.broken(), []);
});

test('what the service will notice is said before', async (t) => {
	const cli = new Cli(await testBus(t));
	const program = await ResourceProgram.start(t, ['posix', 'listener', 'inotify']);
	const report = await examined(t, cli, program);
	t.deepEqual(told(report, 'changes'), ['hears-nothing', 'lock-let-go', 'tcp-listener']);
	t.true(report.portable);
	t.deepEqual(await twice(t, cli, program), []);
});

test('everything can be held, also of a process that CRIU has put into a time namespace', async (t) => {
	const cli = new Cli(await testBus(t));
	const resources = ['posix', 'inotify', 'eventfd', 'listener', 'tcp-inside', 'boottime', 'ticking'];
	const program = await ResourceProgram.start(t, resources);
	for (const what of ['needed', 'all', 'all']) {
		const {document} = await cli.json<ThawResult>('cycle', '--hold', what, `pid:${program.pid}`);
		t.true(document.ok, JSON.stringify(document));
		t.deepEqual(await program.broken(), [], what);
		t.deepEqual(
			document.verdict.differences.filter((one) => one.class !== 'expected'),
			[],
			what,
		);
	}
});

test('a process of another user, whose files must not grow', async (t) => {
	const cli = new Cli(await testBus(t));
	const program = await ResourceProgram.start(t, ['fuse', 'small-files', 'other-user']);
	t.deepEqual(told(await examined(t, cli, program), 'blocks'), []);
	t.deepEqual(await twice(t, cli, program), []);
});

for (const [resource, finding] of Object.entries({
	io_uring: 'io-uring',
	'sysv-memory': 'sysv-memory',
	'mapped-perf-event': 'mapped-device',
	'secret-memory': 'mapped-device',
	userfault: 'bound-to-memory',
	traced: 'traced',
	'child-elsewhere': 'namespaces-apart',
	'childrens-pids': 'pid-namespace',
}))
	test(`refused before anything is touched: ${resource}`, async (t) => {
		const cli = new Cli(await testBus(t));
		const program = await ResourceProgram.start(t, [resource]);
		if (program.missing.length > 0) return t.pass();
		t.deepEqual(told(await examined(t, cli, program), 'blocks'), [finding]);
		const {code, document} = await cli.json<JsonError>('freeze', `pid:${program.pid}`);
		t.is(code, 5);
		t.is(document.error.processState, 'untouched');
		t.true(program.isUntouched);
		// A signal stops what is traced.
		if (resource !== 'traced') t.deepEqual(await program.broken(), []);
	});
