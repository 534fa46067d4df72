import fs from 'node:fs';
import test from 'ava';
import {debianRoot, whyNoRoots} from '../../scripts/device/root.mjs';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {clientOf, DeviceUser, packagesForServices, startOn, startSystemBus} from '../support/device/bus.js';
import {Device} from '../support/device/device.js';
import {demoServices} from '../support/services.js';

const whyNot = whyNoRoots();
const deviceTest = whyNot === undefined ? test : test.skip;
const {counter, ledger, gauge, notes} = demoServices;
const wanted = {packages: packagesForServices};

(whyNot === undefined ? test.before : test.before.skip)('the root is there', async (t) => {
	t.timeout(600_000);
	t.true(fs.existsSync(await debianRoot(wanted)));
});

deviceTest('R6', async (t) => {
	const root = await debianRoot(wanted);
	const [here, there] = await Promise.all([
		Device.boot(t, {root, name: 'here'}),
		Device.boot(t, {root, name: 'there'}),
	]);
	for (const device of [here, there]) await startSystemBus(device);
	const [client, elsewhere] = await Promise.all([clientOf(t, here), clientOf(t, there)]);
	const user = new DeviceUser(here);
	const other = new DeviceUser(there);
	for (const service of [counter, ledger, gauge, notes]) {
		const pid = await startOn(here, client, service);
		t.is(await client.add(service, 41), 41);
		const frozen = await user.ok<FreezeResult>(t, 'freeze', service.name);
		t.is(frozen.pid, pid);
		const file = `/root/${service.library}.dbusfreeze`;
		await user.ok(t, 'pack', frozen.checkpoint, file);
		fs.copyFileSync(here.path(file), there.path(file));
		fs.copyFileSync(here.path(`/root/${service.name}.log`), there.path(`/root/${service.name}.log`));
		const {checkpoint} = await other.ok<{checkpoint: string}>(t, 'unpack', file);
		const {code, document} = await other.json<ThawResult>('thaw', '--reconnect', checkpoint);
		t.log(
			code,
			document.mode,
			document.uniqueName,
			document.verdict.preserved,
			document.verdict.differences
				.map(({path, reason, class: c, before, after}) => [path, reason, c, before, after].join(' '))
				.join('\n'),
			document.warnings,
		);
		if (code === 0) t.is(await elsewhere.add(service, 1), 42);
	}
});
