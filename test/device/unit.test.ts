import {once} from 'node:events';
import fs from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import {debianRoot, whyNoRoots} from '../../scripts/device/root.mjs';
import {Checkpoint} from '../../src/checkpoint/folder.js';
import {canCallWithin} from '../../src/process/injected-call.js';
import type {ThawResult} from '../../src/session/events.js';
import {until} from '../support/bus.js';
import type {JsonError} from '../support/cli.js';
import {connectedProcess} from '../support/credentials.js';
import {type Device, programOnDevice} from '../support/device/device.js';
import {rootWithSystemd, SupervisedService} from '../support/device/supervised.js';
import {occupyOn} from '../support/occupy.js';
import {openPty} from '../support/pty.js';
import {RealScreen} from '../support/real-screen.js';

const whyNot = whyNoRoots();
const deviceTest = whyNot === undefined ? test : test.skip;

/** One device for all tests of this file, which come one after the other. */
let device: Device;
const atEnd: Array<() => unknown> = [];

(whyNot === undefined ? test.before : test.before.skip)('a device with systemd is up', async (t) => {
	// The root is made once on a machine.
	t.timeout(600_000);
	await debianRoot(rootWithSystemd);
	const file = {teardown: (work: () => unknown) => atEnd.push(work)} as unknown as ExecutionContext;
	device = await SupervisedService.device(file, 'supervised');
});

test.after.always('and down again', async () => {
	for (const work of atEnd.reverse()) await work();
});

interface Listed {
	checkpoints: Array<{dir: string; state: string; keeperPid: number; unit?: string}>;
}

/** When the keeper has let go. */
function untilGivenUp(checkpoint: string): Promise<void> {
	const isSo = () => {
		const {keeper, unit} = new Checkpoint(device.path(checkpoint)).readManifest();
		return keeper === null && unit?.ended === true;
	};
	return until(isSo, 'the frozen process is given up');
}

deviceTest('a unit stays active, and with it its watchdog and what is bound to it', async (t) => {
	const service = await SupervisedService.start(t, device, 'watched.service');
	await device.ok('systemctl', 'start', 'bound.service');
	const pid = await service.mainPid();
	t.is(await service.add(41), 41);
	const frozenAt = performance.now();
	const {checkpoint, unit, pid: frozen, portable} = await service.freeze(t);
	t.is(frozen, pid);
	t.true(portable, 'its connection to the journal can be made anew');
	t.like(unit, {name: 'watched.service'});
	t.is<number | undefined, number | undefined>(await service.mainPid(), unit?.holderPid);
	t.regex(await service.show('StatusText'), /^Frozen by dbusfreeze, checkpoint \//);
	const again = await service.user.json<JsonError>('freeze', 'watched.service');
	t.is(again.document.error.code, 'already-frozen');
	await device.ok('systemctl', 'daemon-reload');
	await device.ok('systemctl', 'daemon-reexec');
	await device.ok('systemctl', 'reload', 'watched.service');
	const waits = service.add(1);
	// Longer than the watchdog's 2 s: nothing but time proves that.
	await new Promise((resolve) => setTimeout(resolve, Math.max(2500 - (performance.now() - frozenAt), 0)));
	t.is(await service.show('ActiveState'), 'active');
	t.is<number | undefined, number | undefined>(await service.mainPid(), unit?.holderPid);
	const thawed = await service.user.ok<ThawResult>(t, 'thaw', checkpoint);
	t.like(thawed, {mode: 'held', pid, unit: {name: 'watched.service', mainPid: pid, started: false}});
	t.is(await waits, 42);
	t.is(await service.mainPid(), pid);
	await service.untilJournal(/^value 42$/);
	await service.untilJournal(/^hung up$/);
	t.is(await service.show('StatusText'), '');
	t.is(await service.show('NRestarts'), '0');
	t.is(await service.show('ActiveState', 'bound.service'), 'active');
	t.deepEqual(service.dropIns(), []);
	t.regex(fs.readFileSync(device.path(`/proc/${pid}/cgroup`), 'utf8'), /\/watched\.service\n$/);
	await device.ok('systemctl', 'stop', 'watched.service');
	t.false(fs.existsSync(device.path(`/proc/${pid}`)));
});

deviceTest('systemctl stop gives the frozen process up; its thaw starts the unit', async (t) => {
	const service = await SupervisedService.start(t, device);
	const pid = await service.mainPid();
	t.is(await service.add(7), 7);
	const {checkpoint} = await service.freeze(t);
	t.deepEqual(service.dropIns(), ['subject.service.d', 'subject.service.d/90-dbusfreeze.conf']);
	await device.ok('systemctl', 'stop', service.unit);
	t.is(await service.show('ActiveState'), 'inactive');
	t.is(await service.owner(), undefined);
	await until(() => service.dropIns().length === 0, 'the unit is as it was');
	await untilGivenUp(checkpoint);
	t.like(await newest(service), {dir: checkpoint, state: 'given-up', unit: service.unit});

	const thawed = await service.user.ok<ThawResult>(t, 'thaw', checkpoint);
	t.like(thawed, {mode: 'reconnected', pid, unit: {name: service.unit, mainPid: pid, started: true}});
	t.true(thawed.verdict.preserved, JSON.stringify(thawed.verdict.differences));
	t.deepEqual(
		await Promise.all(
			['ActiveState', 'SubState', 'MainPID', 'Type', 'Restart'].map((one) => service.show(one)),
		),
		['active', 'running', String(pid), 'dbus', 'always'],
	);
	t.regex(fs.readFileSync(device.path(`/proc/${pid}/cgroup`), 'utf8'), /\/subject\.service\n$/);
	t.is(await service.add(1), 8);
	await service.untilJournal(/^value 8$/);
	t.deepEqual(service.dropIns(), []);
	t.is(await service.show('NeedDaemonReload'), 'no');
	await service.kill(pid, 'SEGV');
	await service.untilAnother(pid);
	t.is(await service.add(1), 1);
	await device.ok('systemctl', 'stop', service.unit);
	t.is(await service.owner(), undefined);
});

deviceTest('systemctl restart: a fresh instance is stopped for the frozen one on request', async (t) => {
	const service = await SupervisedService.start(t, device);
	const pid = await service.mainPid();
	t.is(await service.add(7), 7);
	const {checkpoint, uniqueName} = await service.freeze(t);
	await device.ok('systemctl', 'restart', service.unit);
	t.is(await service.add(1), 1);
	t.not(await service.owner(), uniqueName);
	const fresh = await service.mainPid();
	t.not(fresh, pid);
	await untilGivenUp(checkpoint);
	const {code, document} = await service.user.json<JsonError>('thaw', checkpoint);
	t.is(code, 5);
	t.like(document.error, {code: 'unit-active', processState: 'frozen'});
	t.is(await service.mainPid(), fresh);
	t.is(await service.add(1), 2);
	const thawed = await service.user.ok<ThawResult>(t, 'thaw', '--stop-unit', checkpoint);
	t.is(thawed.unit?.mainPid, pid);
	t.is(await service.add(1), 8);
	t.false(fs.existsSync(device.path(`/proc/${fresh}`)));
});

deviceTest('the same from the screen, which asks first, when that risk was taken', async (t) => {
	const service = await SupervisedService.start(t, device);
	const pid = await service.mainPid();
	t.is(await service.add(7), 7);
	const {checkpoint} = await service.freeze(t);
	await device.ok('systemctl', 'restart', service.unit);
	t.is(await service.add(1), 1);
	await untilGivenUp(checkpoint);
	const screen = new RealScreen(openPty(device.command(programOnDevice), {columns: 80, rows: 24}));
	t.teardown(() => screen.pty.kill());
	await screen.see(/❄ Test\.Supervised/);
	await screen.press('C', /▸ ❄ \S*Supervised +frozen, unit stopped/);
	await screen.press(
		't',
		/▸ Another instance of its systemd unit runs[\s\S]*subject\.service is active[\s\S]*stopped first/,
	);
	await screen.press('y', /First see what speaks against it/);
	await screen.press(' ', /✔ Another instance of its systemd unit runs[\s\S]*y thaws it/);
	await screen.press('y', /◉ pre-restore/);
	await screen.press('c', /runs on, context preserved/);
	t.is(await service.mainPid(), pid);
	t.is(await service.add(1), 8);
	screen.pty.write('q');
	t.is(await screen.pty.ended(), 0);
});

deviceTest('a freeze that fails or is aborted leaves the unit as it was', async (t) => {
	const service = await SupervisedService.start(t, device);
	const pid = await service.mainPid();
	const bad = '/usr/local/bin/bad-criu';
	const script = '#!/bin/sh\n[ "$1" = dump ] && exit 1\nexec /var/cache/dbusfreeze/criu/criu "$@"\n';
	fs.writeFileSync(device.path(bad), script, {mode: 0o755});
	const {code, document} = await service.user.json<JsonError>('--criu', bad, 'freeze', service.unit);
	t.is(code, 6);
	t.like(document.error, {code: 'criu-failed', processState: 'running'});
	t.is(await service.mainPid(), pid);
	t.deepEqual(service.dropIns(), []);
	const aborted = await service.user.run(['freeze', '--step', service.unit], 'n\nn\nn\na\n');
	t.is(aborted.code, 130, aborted.stderr);
	t.regex(aborted.stderr, /post-dump/);
	t.deepEqual([await service.mainPid(), await service.add(3)], [pid, 3]);
	t.deepEqual([service.dropIns(), await service.show('NRestarts')], [[], '0']);

	const {checkpoint, unit} = await service.freeze(t);
	const stay = await service.user.run(['thaw', '--step', checkpoint], 'n\na\n');
	t.is(stay.code, 130, stay.stderr);
	t.is(await service.mainPid(), Number(unit?.holderPid));
	t.is((await service.user.ok<ThawResult>(t, 'thaw', checkpoint)).unit?.mainPid, pid);
	t.is(await service.add(1), 4);

	const freezing = await atStage(service, 'post-dump', 'freeze', service.unit);
	await device.ok('systemctl', 'stop', '--no-block', service.unit);
	await until(async () => (await service.show('ActiveState')) === 'deactivating', 'it stops');
	const ended = once(freezing, 'exit');
	freezing.stdin?.write('c\n');
	// Not frozen, or frozen and given up: as fast as the holder hears of it.
	t.true([0, 6].includes((await ended)[0]));
	await until(async () => (await service.show('ActiveState')) === 'inactive', 'it has stopped');
	await until(() => service.dropIns().length === 0, 'the unit is as it was');
	t.deepEqual([await service.owner(), fs.existsSync(device.path(`/proc/${pid}`))], [undefined, false]);
});

deviceTest('the keeper is killed: the service runs on, or the unit starts anew', async (t) => {
	const service = await SupervisedService.start(t, device);
	const pid = await service.mainPid();
	t.is(await service.add(7), 7);
	await atStage(service, 'post-dump', 'freeze', service.unit);
	await service.kill((await newest(service)).keeperPid ?? 0);
	await until(async () => (await service.mainPid()) === pid, 'it is the main process again');
	t.is(await service.add(1), 8);
	await until(() => service.dropIns().length === 0, 'the unit is as it was');
	t.is(await service.show('NRestarts'), '0');

	const {checkpoint, keeperPid: keeper, unit} = await service.freeze(t);
	await service.kill(keeper);
	await service.untilAnother(pid, unit?.holderPid);
	t.is(await service.add(1), 1);
	await service.untilJournal(/the frozen service is given up/);
	t.deepEqual(service.dropIns(), []);
	t.is((await service.user.json<JsonError>('thaw', checkpoint)).document.error.code, 'unit-active');
});

deviceTest('the holder is killed: the frozen process is given up', async (t) => {
	const service = await SupervisedService.start(t, device);
	t.is(await service.add(7), 7);
	const {checkpoint, unit, pid} = await service.freeze(t);
	await service.kill(unit?.holderPid ?? 0);
	await service.untilAnother(pid, unit?.holderPid);
	await untilGivenUp(checkpoint);
	t.is(await service.add(1), 1);
	await until(() => service.dropIns().length === 0, 'the unit is as it was');
});

deviceTest('the keeper is killed in a thaw: nothing is half there', async (t) => {
	const service = await SupervisedService.start(t, device);
	const pid = await service.mainPid();
	t.is(await service.add(7), 7);
	const frozen = await service.freeze(t);
	await atStage(service, 'pre-resume', 'thaw', frozen.checkpoint);
	await service.kill(frozen.keeperPid);
	await until(async () => (await service.mainPid()) === pid, 'it is the main process again');
	t.is(await service.add(1), 8);
	await until(() => service.dropIns().length === 0, 'the unit is as it was');

	const {checkpoint} = await service.freeze(t);
	await device.ok('systemctl', 'stop', service.unit);
	await untilGivenUp(checkpoint);
	await atStage(service, 'pre-restore', 'thaw', checkpoint);
	t.is(await service.show('ActiveState'), 'activating');
	await service.kill((await newest(service)).keeperPid ?? 0);
	await until(async () => (await service.show('ActiveState')) === 'failed', 'it has not started');
	await until(() => service.dropIns().length === 0, 'the unit is as it was');
	t.is((await service.user.ok<ThawResult>(t, 'thaw', checkpoint)).pid, pid);
	t.is(await service.add(1), 9);
});

deviceTest('what a keeper and a holder leave that are both killed is found and removed', async (t) => {
	const service = await SupervisedService.start(t, device);
	const pid = await service.mainPid();
	const {keeperPid, unit} = await service.freeze(t);
	// Stopped first, so that it cannot clean up either.
	await device.ok('sh', '-c', `kill -STOP ${keeperPid}; kill -KILL ${unit?.holderPid} ${keeperPid}`);
	await service.untilAnother(pid, unit?.holderPid);
	const {stdout} = await service.user.run(['doctor']);
	t.regex(stdout, /subject\.service \(settings of a systemd unit that a dead keeper had changed\)/);
	const {repaired} = await service.user.ok<{repaired: object[]}>(t, 'checkpoints', 'repair');
	t.like(repaired.at(-1), {name: service.unit, repaired: ['unit-settings']});
	t.deepEqual(service.dropIns(), []);
	t.is(await service.show('NotifyAccess'), 'none');
});

deviceTest('what systemd has to do with a freeze is said before', async (t) => {
	const service = await SupervisedService.start(t, device);
	const {stdout} = await service.user.run(['doctor', service.unit]);
	t.regex(stdout, /main process of subject\.service \(Type=dbus\), which stays active/);
	t.regex(stdout, /daemon-reload before and after/);
	const {document} = await service.user.json<{unit: object}>('doctor', service.unit);
	t.like(document.unit, {name: service.unit, role: 'main', notifyAccess: 'none'});
	const list = await service.user.ok<{connections: Array<{unit?: string}>}>(t, 'list');
	t.true(list.connections.some(({unit}) => unit === service.unit));
	for (const [target, code] of [
		['nonsense.service', 'no-target'],
		['watched.service', 'unit-inactive'],
		['instance@.service', 'ambiguous-target'],
	] as const) {
		const failed = await service.user.json<JsonError>('freeze', target);
		t.deepEqual([failed.code, failed.document.error.code], [4, code]);
	}
});

deviceTest('a unit in a sandbox: frozen, thawed, and thawed in a new sandbox after a reboot', async (t) => {
	const service = await SupervisedService.start(t, device, 'boxed.service');
	const inside = async () => device.ok('readlink', `/proc/${await service.mainPid()}/ns/mnt`);
	const ours = await device.ok('readlink', '/proc/1/ns/mnt');
	t.is(await service.add(7), 7);
	const before = await inside();
	t.not(before, ours);
	const held = await service.user.ok<ThawResult>(t, 'cycle', service.unit);
	t.true(held.verdict.preserved, JSON.stringify(held.verdict.differences));
	t.is(await inside(), before);
	t.is(await service.add(1), 8);
	const {checkpoint, pid} = await service.freeze(t);
	await device.reboot();
	await service.connect(t);
	const thawed = await service.user.ok<ThawResult>(t, 'thaw', checkpoint);
	t.like(thawed, {mode: 'reconnected', pid, unit: {started: true, mainPid: pid}});
	t.not(await inside(), ours);
	const daemon = device.hostPid(Number(await service.show('MainPID', 'dbus.service')));
	if (canCallWithin()) t.is(connectedProcess(device.hostPid(pid), daemon), device.hostPid(pid));
	t.is(await service.add(1), 9);
	await service.untilJournal(/^value 9$/);
	t.regex(fs.readFileSync(device.path(`/proc/${pid}/status`), 'utf8'), /^Seccomp:\t2$/m);
	t.deepEqual(service.dropIns(), []);
});

deviceTest('after a reboot a thaw goes through the unit', async (t) => {
	const service = await SupervisedService.start(t, device);
	await device.ok('sh', '-c', 'echo 20000 > /proc/sys/kernel/ns_last_pid');
	await device.ok('systemctl', 'restart', service.unit);
	const pid = await service.mainPid();
	t.is(await service.add(7), 7);
	const {checkpoint} = await service.freeze(t);
	await device.reboot();
	await service.connect(t);
	const thawed = await service.user.ok<ThawResult>(t, 'thaw', checkpoint);
	t.like(thawed, {mode: 'reconnected', pid, unit: {started: true, mainPid: pid}});
	t.true(thawed.verdict.preserved, JSON.stringify(thawed.verdict.differences));
	t.is(await service.show('ActiveState'), 'active');
	t.is(await service.mainPid(), pid);
	t.is(await service.add(1), 8);
	await service.untilJournal(/^value 8$/);
	t.deepEqual(service.dropIns(), []);
	const again = await service.user.ok<ThawResult>(t, 'cycle', service.unit);
	t.true(again.verdict.preserved);
	await device.ok('systemctl', 'restart', service.unit);
	t.is(await service.add(1), 1);
});

for (const unit of ['subject.service', 'boxed.service']) {
	deviceTest(`${unit}, its number is taken: it goes on in a pid namespace of its own`, async (t) => {
		const service = await SupervisedService.start(t, device, unit);
		const pid = await service.mainPid();
		t.is(await service.add(7), 7);
		const {checkpoint} = await service.freeze(t);
		await occupyOn(device, pid);
		const thawed = await service.user.ok<ThawResult>(t, 'thaw', checkpoint, '--pid-namespace');
		t.true(thawed.verdict.preserved, JSON.stringify(thawed.verdict.differences));
		t.like(thawed, {ownPid: pid, mode: 'held', unit: {mainPid: thawed.pid}});
		t.is(await service.mainPid(), thawed.pid);
		t.is(await service.show('ActiveState'), 'active');
		t.is(await service.add(1), 8);
		await service.untilJournal(/^value 8$/);
		const again = await service.user.ok<ThawResult>(t, 'cycle', unit);
		t.true(again.verdict.preserved, JSON.stringify(again.verdict.differences));
		t.is(await service.mainPid(), again.pid);
		t.is(await service.add(1), 9);
		t.deepEqual(service.dropIns(), []);
		// It must be seen to end, although systemd is not its parent.
		await service.kill(again.pid);
		await service.untilAnother(again.pid);
		t.is(await service.add(1), 1, 'Restart=always');
		await device.ok('systemctl', 'stop', unit);
		const {stdout} = await device.run(['sh', '-c', 'grep -l dbusfreeze-init /proc/[0-9]*/comm']);
		t.is(stdout, '', 'nothing is left of the namespace');
	});
}

deviceTest('after a reboot its number is taken: the unit starts with it in a pid namespace', async (t) => {
	const service = await SupervisedService.start(t, device, 'boxed.service');
	await device.ok('sh', '-c', 'echo 20000 > /proc/sys/kernel/ns_last_pid');
	await device.ok('systemctl', 'restart', service.unit);
	const pid = await service.mainPid();
	t.is(await service.add(7), 7);
	const {checkpoint} = await service.freeze(t);
	await device.reboot();
	await occupyOn(device, pid);
	await service.connect(t);
	t.is((await service.user.json<JsonError>('thaw', checkpoint)).document.error.code, 'pid-taken');
	t.is(await service.show('ActiveState'), 'inactive', 'and its unit is as it was');
	const thawed = await service.user.ok<ThawResult>(t, 'thaw', checkpoint, '--pid-namespace');
	t.true(thawed.verdict.preserved, JSON.stringify(thawed.verdict.differences));
	t.like(thawed, {mode: 'reconnected', ownPid: pid, unit: {started: true, mainPid: thawed.pid}});
	t.is(await service.mainPid(), thawed.pid);
	t.is(await service.show('ActiveState'), 'active');
	t.is(await service.add(1), 8);
	t.deepEqual(service.dropIns(), []);
	const again = await service.user.ok<ThawResult>(t, 'cycle', service.unit);
	t.true(again.verdict.preserved, JSON.stringify(again.verdict.differences));
	await device.ok('systemctl', 'restart', service.unit);
	t.is(await service.add(1), 1);
});

/** Steps until this stage, and stays there. */
async function atStage({user}: SupervisedService, stage: string, ...command: string[]) {
	const child = user.start(...command, '--step');
	let said = '';
	child.stderr?.on('data', (text) => {
		said += text;
		if (new RegExp(`${stage}: [^\n]*$`).test(said)) return;
		if (/\? $/.test(said)) child.stdin?.write('n\n');
	});
	child.on('exit', () => {
		said += ' (it ended)';
	});
	await until(() => said.includes(`${stage}: `) || said.endsWith('ended)'), `stage ${stage} is reached`, 20);
	if (said.endsWith('ended)')) throw new Error(said);
	return child;
}

async function newest({user}: SupervisedService): Promise<Partial<Listed['checkpoints'][number]>> {
	const {document} = await user.json<Listed>('checkpoints');
	return document.checkpoints.at(-1) ?? {};
}
