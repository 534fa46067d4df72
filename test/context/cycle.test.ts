import {copyFileSync, renameSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {compareSnapshots} from '../../src/context/diff.js';
import {contextLines} from '../../src/context/lines.js';
import type {Moment, Snapshot} from '../../src/context/model.js';
import {checkSnapshot} from '../../src/context/snapshot-schema.js';
import {judge} from '../../src/context/verdict.js';
import {imageSnapshot} from '../../src/criu/images/snapshot.js';
import {dump, restore} from '../../src/criu/run.js';
import {StageGate} from '../../src/criu/stage-gate.js';
import {snapshotProcesses} from '../../src/process/snapshot.js';
import {temporaryFolder} from '../support/compile.js';
import {allBlocked, criuPath, reaped, startResting, until} from '../support/criu.js';

/** Three real cycles of one tree: nothing but what restoring changes by its nature, and never a false alarm. */
test('the verdict on real freezes and thaws is preserved, and every difference has its reason', async (t) => {
	const {pid, childPid, tids, program} = await startResting(t);
	const gate = new StageGate(join(temporaryFolder(t), 'gate'));
	t.teardown(() => gate.close());
	const criu = await criuPath();
	for (const round of [1, 2, 3]) {
		const imageDir = temporaryFolder(t);
		// As a package manager does: a new file under the old name, while the old one runs.
		if (round === 2) {
			copyFileSync(program, `${program}.new`);
			renameSync(`${program}.new`, program);
		}
		const job = (log: string) => ({imageDir, log, actionScript: gate.script, held: []});
		// Those that were just thawed go back to where they waited.
		await until('all wait', () => allBlocked([pid, childPid]) || undefined);
		const before = take('before', pid);
		const dumped = await dump(pid, false, {
			criu,
			job: job('dump.log'),
			gate,
			onStage: async () => 'continue',
			limitSeconds: 30,
		});
		t.true(dumped.ok, `dump ${round}`);
		const image = await imageSnapshot(imageDir);
		await reaped([pid, childPid]);
		let preResume: Snapshot | undefined;
		const restored = await restore(false, {
			criu,
			job: job('restore.log'),
			gate,
			onStage: async ({stage}) => {
				if (stage === 'pre-resume') preResume = take('pre-resume', pid);
				return 'continue';
			},
			limitSeconds: 30,
		});
		t.true(restored.ok, `restore ${round}`);
		const after = take('after', pid);
		if (preResume === undefined) throw new Error('there was no stage pre-resume');

		const verdict = judge({before, image, preResume, after});
		t.deepEqual(
			verdict.differences.filter((difference) => difference.class !== 'expected'),
			[],
			`round ${round}`,
		);
		t.true(verdict.preserved);
		const reasons = new Set(verdict.differences.map((difference) => difference.reason));
		for (const reason of ['syscall-restarts', 'one-eintr', 'new-inode', 'start-time']) {
			t.true(reasons.has(reason), `${reason} in round ${round}`);
		}
		// Later rounds may get the number of the namespace that has just been freed.
		if (round === 1) t.true(reasons.has('time-namespace'));
		for (const snapshot of [before, image, preResume, after]) {
			t.deepEqual(checkSnapshot(JSON.parse(JSON.stringify(snapshot))), {snapshot});
			t.deepEqual(compareSnapshots(snapshot, {...snapshot}), []);
		}
		const lines = contextLines(before, image, compareSnapshots(before, image));
		const threads = lines.filter((line) => line.label.key === 'thread');
		t.is(threads.length, tids.length + 1);
		t.true(threads.every((line) => line.mark === '═' && line.reason !== undefined));
		inject(before, image, preResume, after, t.deepEqual);
	}
});

/** The same real snapshots with one thing spoiled: each must be found. */
function inject(
	before: Snapshot,
	image: Snapshot,
	preResume: Snapshot,
	after: Snapshot,
	equal: (actual: unknown, expected: unknown, message: string) => void,
): void {
	const spoilt = (change: (snapshot: Snapshot) => void) => {
		const copy = structuredClone(preResume);
		change(copy);
		return judge({before, image, preResume: copy, after})
			.differences.filter((difference) => difference.class !== 'expected')
			.map((difference) => difference.reason);
	};
	const cases: Array<[string, (snapshot: Snapshot) => void]> = [
		['place-changed', ({processes}) => shift(processes[0]?.threads[1])],
		['lost', ({processes}) => processes[0]?.threads.pop()],
		['lost', ({processes}) => processes[0]?.fds.pop()],
		['lost', ({processes}) => processes.pop()],
		[
			'flags-changed',
			({processes}) => {
				const socket = processes[0]?.fds.find((fd) => fd.kind === 'socket' && fd.flags === '04002');
				if (socket) socket.flags = '02';
			},
		],
	];
	for (const [reason, change] of cases) equal([...new Set(spoilt(change))], [reason], reason);
}

function shift(thread: {pc?: string} | undefined): void {
	if (thread?.pc !== undefined) thread.pc = `0x${(BigInt(thread.pc) + 1n).toString(16)}`;
}

function take(moment: Moment, pid: number): Snapshot {
	return {
		version: 1,
		moment,
		takenAt: new Date().toISOString(),
		pid,
		processes: snapshotProcesses(pid),
		connections: [],
	};
}
