import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient, testBus} from '../support/bus.js';
import {Cli, type JsonError} from '../support/cli.js';
import {temporaryFolder} from '../support/compile.js';
import {demoServices, startService} from '../support/services.js';

import {errorOf, whileFrozenTests} from './while-frozen-tests.js';

const {counter} = demoServices;
const frozenError = 'io.github.dbusfreeze.Error.Frozen';

whileFrozenTests('dbus-daemon', (t) => testBus(t));

test('where the bus forbids a stand-in to own the name, nothing is touched', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	const cli = new Cli(bus);
	const caller = await TestClient.connect(t, bus);
	const configuration = path.join(bus.dir, 'bus.conf');
	const denied = `<policy context="mandatory"><deny own="${counter.name}"/></policy></busconfig>`;
	const before = fs.readFileSync(configuration, 'utf8');
	fs.writeFileSync(configuration, before.replace('</busconfig>', denied));
	await caller.daemon('ReloadConfig');
	const {code, document} = await cli.json<JsonError>('freeze', counter.name, '--while-frozen', 'refuse');
	t.is(code, 5);
	t.like(document.error, {code: 'name-not-taken', processState: 'untouched'});
	t.regex(document.error.message, /policy forbids/);
	t.true(fs.existsSync(`/proc/${pid}`));
	t.is(await caller.add(counter, 1), 1);

	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const later = await cli.json<JsonError>('policy', checkpoint, 'refuse');
	t.is(later.code, 5);
	t.like(later.document.error, {code: 'name-not-taken', processState: 'frozen'});
	const waits = caller.get(counter);
	await cli.ok<ThawResult>(t, 'thaw', checkpoint);
	t.is(await waits, 1);
});

for (const policy of ['queue', 'refuse']) {
	test(`${policy}: nobody starts a second instance of an activatable service`, async (t) => {
		const services = temporaryFolder(t);
		const started = path.join(services, 'started');
		const description = `[D-BUS Service]\nName=${counter.name}\nExec=/usr/bin/touch ${started}\n`;
		fs.writeFileSync(path.join(services, 'counter.service'), description);
		const bus = await testBus(t, `<servicedir>${services}</servicedir>`);
		await startService(bus, counter);
		const cli = new Cli(bus);
		const caller = await TestClient.connect(t, bus);
		const frozen = await cli.ok<FreezeResult>(t, 'freeze', counter.name, '--while-frozen', policy);
		const call = errorOf(caller.add(counter, 1));
		const START_REPLY_ALREADY_RUNNING = 2;
		t.is(await caller.daemon('StartServiceByName', 'su', [counter.name, 0]), START_REPLY_ALREADY_RUNNING);
		await cli.ok<ThawResult>(t, 'thaw', frozen.checkpoint);
		t.is((await call).type, policy === 'refuse' ? frozenError : 'none');
		t.is(await caller.get(counter), policy === 'refuse' ? 0 : 1);
		t.false(fs.existsSync(started));
	});
}
