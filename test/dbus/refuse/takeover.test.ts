import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import type {Fault} from '../../../src/common/fault.js';
import {connectBus} from '../../../src/dbus/calls.js';
import {ownersOf} from '../../../src/dbus/census.js';
import {RefusalLog} from '../../../src/dbus/held/refusal.js';
import {StandIn} from '../../../src/dbus/held/stand-in.js';
import {testBus, until} from '../../support/bus.js';
import {temporaryFolder} from '../../support/compile.js';
import {HeldService} from '../../support/held-service.js';
import {client, get, ownerOf, refusal} from '../../support/refusing.js';
import {demoServices, startService} from '../../support/services.js';
import {takeoverTests} from './takeover-tests.js';

takeoverTests('dbus-daemon', testBus);

test('the stand-in may be another user, whom the policy lets own the name; others are told before anything moves', async (t) => {
	const {counter} = demoServices;
	const nobody = 65534;
	const policy = `<policy context="default"><deny own="${counter.name}"/></policy>
		<policy user="nobody"><allow own="${counter.name}"/></policy>`;
	const bus = await testBus(t, policy);
	fs.chmodSync(bus.dir, 0o755);
	const service = await connectBus({address: bus.address, uid: nobody});
	t.teardown(() => service.close());
	await service.driver('RequestName', 'su', [counter.name, 0]);
	const log = new RefusalLog();
	const facts = {
		names: [counter.name],
		uniqueName: service.uniqueName,
		pid: 1,
		comm: 'x',
		checkpoint: 'c',
		since: 0,
	};
	const wrong = await StandIn.open({address: bus.address}, facts, log);
	t.teardown(() => wrong.close());
	t.deepEqual(await wrong.forbidden([counter.name, 'org.example.Free']), [counter.name]);
	const right = await StandIn.open({address: bus.address, uid: nobody}, facts, log);
	t.teardown(() => right.close());
	t.deepEqual(await right.forbidden([counter.name, 'org.example.Free']), []);
	const asker = await client(t, bus);
	t.deepEqual(await ownersOf(asker, counter.name), [service.uniqueName]);
	t.deepEqual(await ownersOf(asker, 'org.example.Free'), []);
});

test('a takeover that the policy forbids leaves all names where they were', async (t) => {
	const {counter} = demoServices;
	const second = 'org.dbusfreeze.Test.Second';
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	const config = path.join(bus.dir, 'bus.conf');
	const strict = `<policy context="default"><deny own="${counter.name}"/></policy></busconfig>`;
	fs.writeFileSync(config, fs.readFileSync(config, 'utf8').replace('</busconfig>', strict));
	const caller = await client(t, bus);
	await caller.driver('ReloadConfig');
	const owner = await ownerOf(caller, counter.name);
	const held = await HeldService.stop(t, bus.address, pid, owner, [counter.name]);
	held.writer.send({
		type: 'call',
		destination: 'org.freedesktop.DBus',
		path: '/org/freedesktop/DBus',
		interface: 'org.freedesktop.DBus',
		member: 'RequestName',
		signature: 'su',
		body: [second, 0],
	});
	held.noise.expectReply(0xf000_0000);
	await until(async () => (await ownersOf(caller, second)).length === 1, 'it owns two names');
	const error = await t.throwsAsync(held.takeover.take(await held.standIn(t), [second, counter.name]));
	t.deepEqual((error as Fault).params, {name: counter.name, reason: 'forbidden'});
	for (const name of [counter.name, second]) t.deepEqual(await ownersOf(caller, name), [owner]);
	await held.resume();
	t.deepEqual(await get(caller, counter.name, counter.path, counter.name), [0]);
	t.deepEqual(await caller.driver('RequestName', 'su', [second, 2 | 4]), [3], 'its flags are clear');
});

test('an activatable name is not activated meanwhile, but for other reasons it is', async (t) => {
	const {counter} = demoServices;
	const folder = temporaryFolder(t);
	const trace = path.join(folder, 'activated');
	const bus = await testBus(t, `<servicedir>${folder}</servicedir>\n`);
	const caller = await client(t, bus);
	const {pid} = await startService(bus, counter);
	fs.writeFileSync(
		path.join(folder, `${counter.name}.service`),
		`[D-BUS Service]\nName=${counter.name}\nExec=/bin/sh -c 'echo x >> ${trace}; exit 1'\nUser=root\n`,
	);
	await caller.driver('ReloadConfig');
	t.true(((await caller.driver('ListActivatableNames'))[0] as string[]).includes(counter.name));
	const owner = await ownerOf(caller, counter.name);
	const held = await HeldService.stop(t, bus.address, pid, owner, [counter.name]);
	await held.takeover.take(await held.standIn(t), [counter.name]);
	for (let round = 0; round < 5; round++) {
		const {error} = await refusal(get(caller, counter.name, counter.path, counter.name));
		t.is(error, 'io.github.dbusfreeze.Error.Frozen');
	}
	t.deepEqual(await caller.driver('StartServiceByName', 'su', [counter.name, 0]), [2], 'already running');
	await held.resume();
	t.deepEqual(await get(caller, counter.name, counter.path, counter.name), [0]);
	t.false(fs.existsSync(trace));
	held.release();
	process.kill(pid, 'SIGKILL');
	await until(async () => (await ownersOf(caller, counter.name)).length === 0, 'it is gone');
	await refusal(get(caller, counter.name, counter.path, counter.name));
	t.true(fs.existsSync(trace), 'the service file works');
});
