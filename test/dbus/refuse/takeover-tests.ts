import test, {type ExecutionContext} from 'ava';
import dbus from 'dbus-next';
import {ownersOf} from '../../../src/dbus/census.js';
import type {PrivateBus} from '../../../src/dbus/private-bus.js';
import {readStat} from '../../../src/kernel/proc-stat.js';
import {TestClient, until} from '../../support/bus.js';
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
import {demoServices, startService} from '../../support/services.js';

/** What must hold on every bus, whatever its daemon. */
export function takeoverTests(daemon: string, startBus: (t: ExecutionContext) => Promise<PrivateBus>): void {
	for (const service of Object.values(demoServices).filter(({name}) => !name.endsWith('Atlas'))) {
		test(`${daemon}, ${service.library}: refused by name and by unique name while it stands still, the rest arrives later`, async (t) => {
			const bus = await startBus(t);
			const {pid} = await startService(bus, service);
			const [caller, watcher] = [await client(t, bus), await client(t, bus)];
			const owner = await ownerOf(caller, service.name);
			const changes = await ownerChanges(watcher, service.name);
			const held = await HeldService.stop(t, bus.address, pid, owner, [service.name]);
			const standIn = await held.standIn(t);

			const start = performance.now();
			t.deepEqual(await held.takeover.take(standIn, [service.name]), [service.name]);
			t.log(`taken over in ${(performance.now() - start).toFixed(1)} ms`);
			held.refuseCalls();
			t.deepEqual(await ownersOf(caller, service.name), [standIn.uniqueName, owner]);
			const bump = {path: '/', interface: 'org.dbusfreeze.Demo.Control', member: 'Bump', signature: 'i'};
			caller.emit({...bump, body: [5]});

			for (const destination of [service.name, owner]) {
				const {error, text, ms} = await refusal(get(caller, destination, service.path, service.name));
				t.is(error, 'io.github.dbusfreeze.Error.Frozen');
				t.regex(text, /is frozen since \d{4}-.*Z, checkpoint test-checkpoint/);
				t.true(text.startsWith(service.name));
				t.log(`${destination}: refused in ${ms.toFixed(1)} ms`);
			}
			const ping = {
				destination: service.name,
				path: '/',
				interface: 'org.freedesktop.DBus.Peer',
				member: 'Ping',
			};
			t.is((await refusal(caller.call(ping))).error, 'io.github.dbusfreeze.Error.Frozen');
			t.is(held.log.count, 3);
			t.deepEqual(
				held.log.recent.map(({sender, destination, member}) => [sender, destination, member]),
				[
					[caller.uniqueName, service.name, 'Get'],
					[caller.uniqueName, owner, 'Get'],
					[caller.uniqueName, service.name, 'Ping'],
				],
			);
			caller.emit({...bump, body: [70]});
			await caller.driver('GetId');

			await held.resume();
			t.deepEqual(await get(caller, service.name, service.path, service.name), [75], 'both signals, no call');
			t.deepEqual(await ownersOf(caller, service.name), [owner]);
			await watcher.driver('GetId');
			t.deepEqual(
				changes.map(({body}) => body),
				[
					[service.name, owner, standIn.uniqueName],
					[service.name, standIn.uniqueName, owner],
				],
			);
		});
	}

	test(`${daemon}: a service that dies of NameLost sees none of it, and everything that is not noise in order`, async (t) => {
		const bus = await startBus(t);
		const watcher = await startWatcher(t, bus);
		const caller = await client(t, bus);
		const owner = await ownerOf(caller, watcherName);
		const before = watcher.lines().length;
		const held = await HeldService.stop(t, bus.address, watcher.pid, owner, [watcherName]);
		const standIn = await held.standIn(t);
		tick(caller, 1);
		await caller.driver('GetId');
		await held.takeover.take(standIn, [watcherName]);
		tick(caller, 2);
		await caller.driver('RequestName', 'su', ['org.dbusfreeze.Test.Other', 0]);
		await held.takeover.giveBack();
		await held.takeover.take(await held.standIn(t), [watcherName]);
		await caller.driver('ReleaseName', 's', ['org.dbusfreeze.Test.Other']);
		tick(caller, 3);
		await caller.driver('GetId');
		await held.resume();
		tick(caller, 4);
		await until(() => watcher.lines().includes('tick 4'), 'it runs');

		const said = watcher.lines().slice(before);
		t.deepEqual(
			said.filter((line) => /lost|vanished|appeared|acquired/.test(line) || line.includes(watcherName)),
			[],
			'nothing of its own name',
		);
		t.deepEqual(
			said.filter((line) => /tick|Other/.test(line)),
			[
				'tick 1',
				'tick 2',
				`changed org.dbusfreeze.Test.Other  ${caller.uniqueName}`,
				`changed org.dbusfreeze.Test.Other ${caller.uniqueName} `,
				'tick 3',
				'tick 4',
			],
		);
		t.deepEqual(await get(caller, watcherName, '/watcher', watcherName), [1]);
	});

	test(`${daemon}: an abort undoes the takeover: the flags are as before, nothing is lost`, async (t) => {
		const bus = await startBus(t);
		const watcher = await startWatcher(t, bus);
		const caller = await client(t, bus);
		const owner = await ownerOf(caller, watcherName);
		const held = await HeldService.stop(t, bus.address, watcher.pid, owner, [watcherName]);
		await held.takeover.take(await held.standIn(t), [watcherName]);
		const answer = get(caller, watcherName, '/watcher', watcherName);
		t.is((await refusal(answer)).error, 'io.github.dbusfreeze.Error.Frozen');
		await held.takeover.giveBack();
		await held.takeover.giveBack();
		const waits = get(caller, watcherName, '/watcher', watcherName);
		await held.resume();
		t.deepEqual(await waits, [1], 'a call that came after the names went back is answered by the service');
		t.deepEqual(await caller.driver('RequestName', 'su', [watcherName, 2 | 4]), [3], 'nobody can replace it');
	});

	for (const [flags, words] of [
		[1, 'that allows its replacement'],
		[1 | 4, 'that allows its replacement and does not queue'],
	] as const) {
		test(`${daemon}, a service ${words} is replaceable again afterwards`, async (t) => {
			const bus = await startBus(t);
			const watcher = await startWatcher(t, bus, flags);
			const caller = await client(t, bus);
			const owner = await ownerOf(caller, watcherName);
			const held = await HeldService.stop(t, bus.address, watcher.pid, owner, [watcherName]);
			const standIn = await held.standIn(t);
			await held.takeover.take(standIn, [watcherName]);
			t.deepEqual(await ownersOf(caller, watcherName), [standIn.uniqueName, owner]);
			await held.resume();
			t.deepEqual(await get(caller, watcherName, '/watcher', watcherName), [1]);
			t.false(watcher.lines().some((line) => line.startsWith('lost')));
			t.deepEqual(await caller.driver('RequestName', 'su', [watcherName, 2 | 4]), [1]);
			const queue = await ownersOf(caller, watcherName);
			t.deepEqual(queue, (flags & 4) === 0 ? [caller.uniqueName, owner] : [caller.uniqueName]);
		});
	}

	test(`${daemon}: who waits for the name keeps the place; names the service only waits for stay as they are`, async (t) => {
		const bus = await startBus(t);
		const {pid} = await startService(bus, demoServices.counter);
		const {name} = demoServices.counter;
		const [first, second] = [await client(t, bus), await client(t, bus)];
		const owner = await ownerOf(first, name);
		await first.driver('RequestName', 'su', [name, 0]);
		await second.driver('RequestName', 'su', [name, 0]);
		await first.driver('RequestName', 'su', ['org.dbusfreeze.Test.Theirs', 0]);
		const held = await HeldService.stop(t, bus.address, pid, owner, [name]);
		const standIn = await held.standIn(t);
		const names = [name, 'org.dbusfreeze.Test.Theirs', 'org.dbusfreeze.Test.Nobody'];
		t.deepEqual(await held.takeover.take(standIn, names), [name]);
		t.deepEqual(await ownersOf(first, name), [
			standIn.uniqueName,
			owner,
			first.uniqueName,
			second.uniqueName,
		]);
		t.deepEqual(await ownersOf(first, 'org.dbusfreeze.Test.Theirs'), [first.uniqueName]);
		await held.resume();
		t.deepEqual(await ownersOf(first, name), [owner, first.uniqueName, second.uniqueName]);
	});

	test(`${daemon}: when the stand-in is gone the service has its name, safe from others, and another can take over`, async (t) => {
		const bus = await startBus(t);
		const watcher = await startWatcher(t, bus);
		const caller = await client(t, bus);
		const owner = await ownerOf(caller, watcherName);
		const before = watcher.lines().length;
		const held = await HeldService.stop(t, bus.address, watcher.pid, owner, [watcherName]);
		const first = await held.standIn(t);
		await held.takeover.take(first, [watcherName]);
		const changes = await ownerChanges(caller, watcherName);
		first.close();
		await until(() => changes.length === 1, 'the name fell back');
		t.deepEqual(changes[0]?.body, [watcherName, first.uniqueName, owner]);
		t.deepEqual(await caller.driver('RequestName', 'su', [watcherName, 2 | 4]), [3]);
		const second = await held.standIn(t);
		t.deepEqual(await held.takeover.take(second, [watcherName]), [watcherName]);
		t.deepEqual(await held.takeover.take(second, [watcherName]), [watcherName], 'twice is once');
		t.deepEqual(await ownersOf(caller, watcherName), [second.uniqueName, owner]);
		await held.resume();
		t.deepEqual(await get(caller, watcherName, '/watcher', watcherName), [1]);
		t.is(readStat(watcher.pid)?.state === 'Z', false);
		const said = watcher.lines().slice(before);
		t.false(
			said.some((line) => line.includes(watcherName)),
			said.join('\n'),
		);
	});

	test(`${daemon}: calls without a reply are refused silently`, async (t) => {
		const bus = await startBus(t);
		const {counter} = demoServices;
		const {pid} = await startService(bus, counter);
		const caller = await client(t, bus);
		const owner = await ownerOf(caller, counter.name);
		const held = await HeldService.stop(t, bus.address, pid, owner, [counter.name]);
		await held.takeover.take(await held.standIn(t), [counter.name]);
		held.refuseCalls();
		const silent = await TestClient.connect(t, bus);
		const heard: dbus.Message[] = [];
		silent.bus.on('message', (message: dbus.Message) => void heard.push(message));
		for (const destination of [counter.name, owner]) {
			const add = {destination, path: counter.path, interface: counter.name, member: 'Add'};
			const flags = dbus.MessageFlag.NO_REPLY_EXPECTED;
			silent.bus.send(new dbus.Message({...add, flags, signature: 'i', body: [4]}));
		}
		await until(() => held.log.count === 2, 'both were seen');
		t.deepEqual(
			held.log.recent.map(({noReply}) => noReply),
			[true, true],
		);
		await silent.daemon('GetId');
		t.deepEqual(
			heard.filter(({sender}) => sender !== 'org.freedesktop.DBus'),
			[],
		);
		await held.resume();
		t.deepEqual(await get(caller, counter.name, counter.path, counter.name), [0]);
	});
}
