import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {debianRoot, whyNoRoots} from '../../scripts/device/root.mjs';
import {readText} from '../../src/process/read.js';
import {until} from '../support/bus.js';
import {Device, programOnDevice} from '../support/device/device.js';

const whyNot = whyNoRoots();
const deviceTest = whyNot === undefined ? test : test.skip;
const plain = {packages: ['dbus']};
const withSystemd = {packages: ['dbus', 'systemd', 'systemd-sysv']};

(whyNot === undefined ? test.before : test.before.skip)('the roots are there', async (t) => {
	// Made once on a machine, half a minute each; then they are in the cache.
	t.timeout(600_000);
	for (const wanted of [plain, withSystemd]) t.true(fs.existsSync(await debianRoot(wanted)));
});

deviceTest('a plain device is a machine of its own, and the program works in it', async (t) => {
	const root = await debianRoot(plain);
	const device = await Device.boot(t, {root, name: 'one'});
	const other = await Device.boot(t, {root, name: 'other'});
	t.is(await device.ok('hostname'), 'one');
	t.is(await device.ok('cat', '/etc/machine-id'), device.machineId);
	t.not(device.machineId, other.machineId);
	const bootId = ['cat', '/proc/sys/kernel/random/boot_id'];
	t.not(await device.ok(...bootId), await other.ok(...bootId));
	t.is(await device.ok('cat', '/proc/1/comm'), 'sh');
	t.regex(await device.ok('cat', '/proc/self/cgroup'), /^0::\/test$/m);
	await device.ok('touch', '/tmp/mine', '/root/mine');
	t.not((await other.run(['ls', '/tmp/mine'])).code, 0);
	t.false(fs.existsSync(`${root}/root/mine`), 'the root itself is not written to');
	const protectedFile = '/proc/sys/kernel/panic';
	t.not((await device.run(['sh', '-c', `echo 0 > ${protectedFile}`])).code, 0, 'not the whole machine');

	await device.ok('mkdir', '-p', '/run/dbus');
	await device.ok('dbus-daemon', '--system', '--fork');
	const {code, stdout, stderr} = await device.run([...programOnDevice, 'doctor']);
	t.is(code, 0, stdout + stderr);
});

deviceTest('after a reboot a device has its disk and its machine-id, but nothing runs', async (t) => {
	const device = await Device.boot(t, {root: await debianRoot(plain), name: 'again'});
	const bootId = await device.ok('cat', '/proc/sys/kernel/random/boot_id');
	const child = device.spawn(['sh', '-c', 'echo here; exec sleep 1000'], {
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	await new Promise((resolve) => child.stdout?.once('data', resolve));
	await device.ok('touch', '/tmp/gone', '/run/gone', '/root/stays');
	await device.reboot();
	t.not(await device.ok('cat', '/proc/sys/kernel/random/boot_id'), bootId);
	t.is(await device.ok('cat', '/etc/machine-id'), device.machineId);
	t.is(
		await device.ok('find', '/tmp', '/run', '/root', '-name', 'gone', '-o', '-name', 'stays'),
		'/root/stays',
	);
	t.is(await device.ok('sh', '-c', 'grep -l sleep /proc/[0-9]*/comm | wc -l'), '1', 'only that of PID 1');
});

deviceTest('a device with systemd reaches its target, with a system bus', async (t) => {
	const device = await Device.boot(t, {root: await debianRoot(withSystemd), name: 'two', init: 'systemd'});
	t.is(await device.ok('cat', '/proc/1/comm'), 'systemd');
	t.is(await device.ok('systemctl', 'is-active', 'multi-user.target'), 'active');
	t.is(await device.ok('systemctl', 'list-units', '--failed', '--no-legend', '--plain'), '');
	t.regex(await device.ok('busctl', 'list', '--no-legend'), /^org\.freedesktop\.systemd1 +1 systemd /m);
	const hostname = ['org.freedesktop.hostname1', '/org/freedesktop/hostname1', 'org.freedesktop.hostname1'];
	t.is(await device.ok('busctl', 'get-property', ...hostname, 'Hostname'), 's "two"', 'activated');
	const journal = () => device.ok('journalctl', '--no-pager', '--unit=systemd-hostnamed');
	await until(async () => /Started/.test(await journal()), 'the journal has it');
	t.pass();
});

deviceTest('nothing of a device is left when its test has ended', async (t) => {
	const teardowns: Array<() => unknown> = [];
	const part = {teardown: (work: () => unknown) => teardowns.push(work)};
	const device = await Device.boot(part as unknown as typeof t, {
		root: await debianRoot(withSystemd),
		name: 'end',
		init: 'systemd',
	});
	const {dir, pid} = device;
	const child = device.spawn(['sleep', '1000'], {stdio: 'ignore'});
	await until(() => readText(`/proc/${child.pid}/comm`) === 'nsenter\n', 'it is in');
	const cgroup = device.cgroup;
	t.true(fs.existsSync(cgroup));
	for (const work of teardowns) await work();
	t.deepEqual(
		[dir, `/proc/${pid}`, cgroup].filter((file) => fs.existsSync(file)),
		[],
	);
});

deviceTest('nothing of a device is left when its test is killed', async (t) => {
	const script = path.join(import.meta.dirname, 'programs/boot.ts');
	const child = spawn(process.execPath, ['--import=tsx', script, await debianRoot(plain)], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const [line] = (await once(child.stdout, 'data')) as [Buffer];
	const {pid, dir, cgroup} = JSON.parse(String(line)) as {pid: number; dir: string; cgroup: string};
	t.true([`/proc/${pid}`, dir, cgroup].every((file) => fs.existsSync(file)));
	child.kill('SIGKILL');
	await until(() => ![`/proc/${pid}`, dir, cgroup].some((file) => fs.existsSync(file)), 'it is gone');
});
