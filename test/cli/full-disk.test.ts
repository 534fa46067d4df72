import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {PrivateBus} from '../../src/dbus/private-bus.js';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient, testBus} from '../support/bus.js';
import {Cli, type JsonError} from '../support/cli.js';
import {demoServices, startService} from '../support/services.js';
import {smallDisk} from '../support/small-disk.js';

const {counter} = demoServices;

/** A checkpoint's place on a disk of its own. */
function diskFor(t: ExecutionContext, {dir}: PrivateBus) {
	const disk = path.join(dir, 'disk');
	return {...smallDisk(t, disk), checkpoint: path.join(disk, 'checkpoint')};
}

test('the disk is full at the thaw: it is thawed all the same, and says what it could not write', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const disk = diskFor(t, bus);
	await cli.ok<FreezeResult>(t, 'freeze', counter.name, '--output', disk.checkpoint);
	const answered = client.add(counter, 5);
	disk.fill(0);
	const {verdict, warnings} = await cli.ok<ThawResult>(t, 'thaw', disk.checkpoint);
	t.is(await answered, 5);
	t.true(verdict.preserved);
	t.true(warnings.some(({warning}) => warning === 'not-written'));
	const {checkpoints} = await cli.ok<{checkpoints: Array<{state: string; pid: number}>}>(t, 'checkpoints');
	t.like(checkpoints[0], {state: 'thawed', pid}, 'although the manifest could not say so');
});

// 0: not even the folder; 40 kB: the snapshot, but not the images; 200 kB: some of the images.
for (const free of [0, 40_960, 204_800]) {
	test(`the disk is full at the freeze, with ${free} bytes left: the service answers`, async (t) => {
		const bus = await testBus(t);
		await startService(bus, counter);
		const cli = new Cli(bus);
		const client = await TestClient.connect(t, bus);
		const disk = diskFor(t, bus);
		disk.fill(free);
		const {code, document} = await cli.json<JsonError>('freeze', counter.name, '--output', disk.checkpoint);
		t.true([5, 6].includes(code), JSON.stringify(document));
		t.regex(document.error.message + document.error.hint, /space/);
		t.true(['untouched', 'running'].includes(document.error.processState));
		t.is(await client.add(counter, 1), 1);
		disk.empty();
		const {verdict} = await cli.ok<ThawResult>(t, 'cycle', counter.name);
		t.true(verdict.preserved, 'and it can be frozen where there is room');
	});
}
