import fs from 'node:fs';
import test from 'ava';
import {debianRoot, whyNoRoots} from '../../scripts/device/root.mjs';
import {preloadLibrary} from '../../src/criu/preload.js';
import {canCallWithin} from '../../src/process/injected-call.js';
import {readStatus} from '../../src/process/status.js';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {until} from '../support/bus.js';
import {credentialsOn} from '../support/credentials.js';
import {argvOnDevice, clientOf, DeviceUser, startServiceOn, startSystemBus} from '../support/device/bus.js';
import {Device} from '../support/device/device.js';
import {demoServices} from '../support/services.js';

const whyNot = whyNoRoots();
const deviceTest = whyNot === undefined && canCallWithin() ? test : test.skip;
const {counter} = demoServices;
/** Its dbus-daemon, 1.16, keeps a pidfd of whoever connects. */
const wanted = {suite: 'trixie', packages: ['dbus']};

(whyNot === undefined ? test.before : test.before.skip)('the root is there', async (t) => {
	// Made once on a machine, half a minute; then it is in the cache.
	t.timeout(600_000);
	t.true(fs.existsSync(await debianRoot(wanted)));
});

deviceTest('a dbus-daemon that keeps a pidfd knows the process after a reconnect, too', async (t) => {
	// For a service of another user, and no device has a compiler.
	const preload = await preloadLibrary(process.env);
	const binds = 'library' in preload ? [{source: preload.library}] : [];
	const device = await Device.boot(t, {root: await debianRoot(wanted), name: 'pidfd', binds});
	t.regex(await device.ok('dbus-daemon', '--version'), / 1\.(1[6-9]|[2-9]\d)\./);
	await startSystemBus(device);
	const client = await clientOf(t, device);
	const user = new DeviceUser(device);
	const address = `unix:path=${device.path('/run/dbus/system_bus_socket')}`;
	const asOther = ['setpriv', '--reuid=daemon', '--regid=4322', '--groups=4323,4324'];
	for (const before of [[], asOther]) {
		const pid = await startServiceOn(device, client, counter, [...before, ...argvOnDevice(counter)]);
		t.is(await client.add(counter, 41), 41);
		const first = await credentialsOn(address, counter.name);
		t.is(first.ProcessID, pid);
		const {checkpoint} = await user.ok<FreezeResult>(t, 'freeze', counter.name);
		const {mode, verdict} = await user.ok<ThawResult>(t, 'thaw', '--reconnect', checkpoint);
		t.is(mode, 'reconnected');
		t.true(verdict.preserved, JSON.stringify(verdict));
		t.deepEqual(
			verdict.differences.filter(({path}) => path.includes('credentials')),
			[],
		);
		const {ProcessFD = -1, ...others} = await credentialsOn(address, counter.name);
		t.log(others, ProcessFD);
		t.deepEqual(others, {
			ProcessID: pid,
			UnixUserID: first.UnixUserID ?? -1,
			UnixGroupIDs: first.UnixGroupIDs ?? [],
		});
		const numbers = readStatus(`/proc/${ProcessFD}`)?.get('NSpid')?.split('\t');
		t.is(numbers?.at(-1), String(pid), 'as the device counts');
		t.is(await client.add(counter, 1), 42);
		await device.ok('sh', '-c', `kill ${pid}`);
		await until(async () => (await client.owner(counter.name)) === undefined, 'it has ended');
	}
});
