import path from 'node:path';
import test from 'ava';
import {type CriuRun, dump, restore} from '../../../src/criu/run.js';
import {StageGate} from '../../../src/criu/stage-gate.js';
import {ownersOf} from '../../../src/dbus/census.js';
import {outgoingState} from '../../../src/dbus/held/outgoing.js';
import {waitUntilReaped} from '../../../src/kernel/pidfd.js';
import {startTime} from '../../../src/kernel/proc-stat.js';
import {testBus, until} from '../../support/bus.js';
import {temporaryFolder} from '../../support/compile.js';
import {criuPath} from '../../support/criu.js';
import {HeldService} from '../../support/held-service.js';
import {
	client,
	get,
	ownerChanges,
	ownerOf,
	refusal,
	startWatcher,
	tick,
	watcherName,
} from '../../support/refusing.js';

test('a real freeze: aborted inside post-dump, then done, and thawed; a service that dies of NameLost lives', async (t) => {
	const bus = await testBus(t);
	const watcher = await startWatcher(t, bus);
	const {pid} = watcher;
	const caller = await client(t, bus);
	const owner = await ownerOf(caller, watcherName);
	const changes = await ownerChanges(caller, watcherName);
	const started = startTime(pid) ?? '';
	const criu = await criuPath();
	const gate = new StageGate(path.join(temporaryFolder(t), 'gate'));
	t.teardown(() => gate.close());
	const said = watcher.lines().length;

	const run = (held: HeldService, atPostDump: CriuRun['onStage']): CriuRun => {
		const {kind, inode, ourFd} = held.end;
		const job = {
			imageDir: imageDir,
			log: 'criu.log',
			actionScript: gate.script,
			held: [{kind, inode, ourFd}],
		};
		const onStage: CriuRun['onStage'] = async (notice) =>
			notice.stage === 'post-dump' ? atPostDump(notice) : 'continue';
		return {criu, job, gate, onStage, limitSeconds: 60};
	};

	let imageDir = temporaryFolder(t);
	const first = HeldService.hold(t, bus.address, pid, owner, [watcherName]);
	const standIn = await first.standIn(t);
	const aborted = await dump(
		pid,
		false,
		run(first, async () => {
			t.is(await outgoingState(first.end.ourFd, first.end.inode, [pid], 50), 'whole');
			const start = performance.now();
			await first.takeover.take(standIn, [watcherName]);
			t.log(`taken over inside post-dump in ${(performance.now() - start).toFixed(1)} ms`);
			tick(caller, 1);
			const call = refusal(get(caller, watcherName, '/watcher', watcherName));
			t.is((await call).error, 'io.github.dbusfreeze.Error.Frozen');
			await first.putBack();
			t.log(`undone ${(performance.now() - start).toFixed(1)} ms after the beginning`);
			return 'abort';
		}),
	);
	t.false(aborted.ok);
	t.is(startTime(pid), started);
	t.deepEqual(await get(caller, watcherName, '/watcher', watcherName), [1], 'it runs on');
	first.release();

	imageDir = temporaryFolder(t);
	const second = HeldService.hold(t, bus.address, pid, owner, [watcherName]);
	const other = await second.standIn(t);
	const frozen = await dump(
		pid,
		false,
		run(second, async () => {
			t.is(await outgoingState(second.end.ourFd, second.end.inode, [pid], 50), 'whole');
			await second.takeover.take(other, [watcherName]);
			return 'continue';
		}),
	);
	t.true(frozen.ok);
	second.refuseCalls();
	t.true(await waitUntilReaped(pid, started, 10_000));
	for (const destination of [watcherName, owner]) {
		const {error, ms} = await refusal(get(caller, destination, '/watcher', watcherName));
		t.is(error, 'io.github.dbusfreeze.Error.Frozen');
		t.log(`refused in ${ms.toFixed(1)} ms`);
	}
	tick(caller, 2);
	await caller.driver('GetId');
	await second.putBack();
	const waits = get(caller, watcherName, '/watcher', watcherName);
	t.true(
		(
			await restore(
				false,
				run(second, async () => 'continue'),
			)
		).ok,
	);
	t.deepEqual(await waits, [2], 'what came after the names went back waited');
	second.release();

	t.deepEqual(await ownersOf(caller, watcherName), [owner]);
	t.deepEqual(
		changes.map(({body}) => body.slice(1)),
		[
			[owner, standIn.uniqueName],
			[standIn.uniqueName, owner],
			[owner, other.uniqueName],
			[other.uniqueName, owner],
		],
	);
	tick(caller, 3);
	await until(() => watcher.lines().includes('tick 3'), 'it hears');
	const lines = watcher.lines().slice(said);
	t.deepEqual(
		lines.filter((line) => line.startsWith('tick')),
		['tick 1', 'tick 2', 'tick 3'],
	);
	t.false(
		lines.some((line) => line.includes(watcherName)),
		lines.join('\n'),
	);
});
