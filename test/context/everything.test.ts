import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {runCommand} from '../../src/common/runner.js';
import type {Frame, Moment, ProcessSnapshot, Snapshot} from '../../src/context/model.js';
import {checkSnapshot} from '../../src/context/snapshot-schema.js';
import {judge} from '../../src/context/verdict.js';
import {imageCores} from '../../src/criu/images/core-file.js';
import {imageSnapshot} from '../../src/criu/images/snapshot.js';
import {dump, restore} from '../../src/criu/run.js';
import {StageGate} from '../../src/criu/stage-gate.js';
import {backtraces, parseStacks} from '../../src/process/backtraces.js';
import {liveCore} from '../../src/process/live-core.js';
import {type StackCopies, snapshotProcesses} from '../../src/process/snapshot.js';
import {compile, temporaryFolder} from '../support/compile.js';
import {criuPath, reaped, until} from '../support/criu.js';
import {runProgram} from '../support/run-program.js';

const program = join(import.meta.dirname, 'programs', 'everything.c');

test('everything that a process has is seen live, in the images, and is the same after the thaw', async (t) => {
	const {pid} = await runProgram(t, compile(t, program), [temporaryFolder(t)]);
	t.teardown(() => {
		try {
			process.kill(pid, 'SIGKILL');
		} catch {}
	});
	await until('both threads sleep', () =>
		snapshotProcesses(pid)[0]?.threads.filter(({syscall}) => syscall).length === 2 ? true : undefined,
	);
	const stacks: StackCopies = new Map();
	const before = taken('before', pid, {stacks});
	const live = before.processes[0] as ProcessSnapshot;
	const traced = await framesOf(live, stacks);
	t.deepEqual(
		names(traced),
		names(await euStack(pid)),
		'our backtraces are those of eu-stack on the process',
	);

	const imageDir = temporaryFolder(t);
	const gate = new StageGate(join(temporaryFolder(t), 'gate'));
	t.teardown(() => gate.close());
	const criu = await criuPath();
	const job = (log: string) => ({imageDir, log, actionScript: gate.script, held: []});
	let held: Snapshot | undefined;
	const dumped = await dump(pid, false, {
		criu,
		job: job('dump.log'),
		gate,
		limitSeconds: 30,
		onStage: async ({stage}) => {
			if (stage === 'post-dump') held = {...taken('at-post-dump', pid), during: 'freeze'};
			return 'continue';
		},
	});
	t.true(dumped.ok, dumped.ok ? '' : readFileSync(join(imageDir, 'dump.log'), 'utf8').slice(-2000));
	const image = await imageSnapshot(imageDir, {digests: true});
	const [frozen] = image.processes;
	sameInBoth(live, frozen, t.deepEqual);
	const special = frozen?.threads.find(({comm}) => comm === 'special');
	const has512 = /^flags\s*:.* avx512f\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
	if (process.arch === 'x64') t.is(special?.vectors?.avx512 !== undefined, has512);
	t.truthy(special?.altStack?.enabled);
	t.is(frozen?.timers?.intervals?.real?.interval, 500);
	t.true((frozen?.signals?.actions ?? []).some(({signal}) => signal === 10));
	const [core] = await imageCores(imageDir, image);
	t.deepEqual(core && names(await backtraces(core)), names(traced), 'the images unwind to the same frames');

	await reaped([pid]);
	let preResume: Snapshot | undefined;
	const restored = await restore(false, {
		criu,
		job: job('restore.log'),
		gate,
		limitSeconds: 30,
		onStage: async ({stage}) => {
			if (stage === 'pre-resume') preResume = taken('pre-resume', pid);
			return 'continue';
		},
	});
	t.true(restored.ok, restored.ok ? '' : readFileSync(join(imageDir, 'restore.log'), 'utf8').slice(-2000));
	const copies: StackCopies = new Map();
	const after = taken('after', pid, {stacks: copies});
	if (!preResume || !held) throw new Error('a stage did not come');
	const imageNow = await imageSnapshot(imageDir, {digests: true});
	const verdict = judge({before, held, image, imageNow, preResume, after});
	t.deepEqual(
		verdict.differences.filter((difference) => difference.class !== 'expected'),
		[],
	);
	t.deepEqual(names(await framesOf(after.processes[0] as ProcessSnapshot, copies)), names(traced));
	for (const snapshot of [before, held, image, preResume, after])
		t.deepEqual(checkSnapshot(JSON.parse(JSON.stringify(snapshot))), {snapshot});
});

test('a stopped process stays stopped when its registers are read, a running one runs on', async (t) => {
	const {pid} = await runProgram(t, compile(t, program), [temporaryFolder(t)]);
	const stateOf = () => snapshotProcesses(pid)[0]?.threads.map(({state}) => state);
	process.kill(pid, 'SIGSTOP');
	await until('it stands', () => (stateOf()?.every((state) => state === 'T') ? true : undefined));
	const [stopped] = snapshotProcesses(pid, {stacks: new Map()});
	t.true(stopped?.threads.every(({registers}) => registers !== undefined));
	t.deepEqual(stateOf(), ['T', 'T']);
	process.kill(pid, 'SIGCONT');
	await until('it sleeps', () => (stateOf()?.every((state) => state === 'S') ? true : undefined));
	const [first] = snapshotProcesses(pid, {stacks: new Map()});
	const [second] = snapshotProcesses(pid, {stacks: new Map()});
	const special = (one: ProcessSnapshot | undefined) => one?.threads.find(({comm}) => comm === 'special');
	t.deepEqual(special(first)?.registers, special(second)?.registers);
	t.deepEqual(special(first)?.vectors, special(second)?.vectors);
});

function taken(moment: Moment, pid: number, options: {stacks?: StackCopies} = {}): Snapshot {
	return {
		version: 1,
		moment,
		takenAt: new Date().toISOString(),
		pid,
		processes: snapshotProcesses(pid, options),
		connections: [],
	};
}

/** What both tell must be told alike. */
function sameInBoth(
	live: ProcessSnapshot,
	frozen: ProcessSnapshot | undefined,
	equal: (actual: unknown, expected: unknown, message: string) => void,
): void {
	for (const key of [
		'cmdline',
		'cwd',
		'root',
		'umask',
		'pgid',
		'sid',
		'environment',
		'locks',
		'credentials',
		'limits',
	] as const)
		equal(frozen?.[key], live[key], key);
	equal(
		frozen?.signals && {...frozen.signals, actions: undefined},
		{...live.signals, actions: undefined},
		'signals',
	);
	for (const thread of live.threads) {
		const same = frozen?.threads.find(({tid}) => tid === thread.tid);
		for (const key of ['comm', 'blocked', 'pending', 'scheduling', 'stackDigest', 'vectors'] as const)
			equal(same?.[key], thread[key], `${thread.comm} ${key}`);
	}
	for (const fd of live.fds) {
		const same = frozen?.fds.find((one) => one.fd === fd.fd);
		for (const key of ['kind', 'count', 'signals', 'watches'] as const)
			equal(same?.[key], fd[key], `fd ${fd.fd} ${key}`);
		for (const [option, value] of Object.entries(same?.socket?.options ?? {}))
			equal(value, fd.socket?.options?.[option], `fd ${fd.fd} ${option}`);
	}
}

async function framesOf(one: ProcessSnapshot, stacks: StackCopies): Promise<Map<number, Frame[]>> {
	const core = liveCore(one, stacks);
	return core ? backtraces(core) : new Map();
}

async function euStack(pid: number): Promise<Map<number, Frame[]>> {
	const {stdout} = await runCommand({command: 'eu-stack', args: ['-m', '-p', String(pid)]});
	return parseStacks(stdout);
}

/** Symbols and modules; a restarted call stands two bytes further up in the image. */
function names(stacks: ReadonlyMap<number, Frame[]>): string[] {
	return [...stacks].flatMap(([tid, frames]) =>
		frames.map(({symbol = '?', module}, level) => `${tid} #${level} ${symbol} ${module}`),
	);
}
