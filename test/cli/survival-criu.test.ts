import test, {type ExecutionContext} from 'ava';
import type {PrivateBus} from '../../src/dbus/private-bus.js';
import {readStat} from '../../src/kernel/proc-stat.js';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient, testBus} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {demoServices, startService} from '../support/services.js';
import {criuOf, instances, Stepped, strays} from '../support/survival.js';

const {counter} = demoServices;

async function setUp(t: ExecutionContext) {
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	return {bus, pid, cli: new Cli(bus), client: await TestClient.connect(t, bus)};
}

function isClean(t: ExecutionContext, bus: PrivateBus, checkpoint: string, pid: number): void {
	t.deepEqual(strays(checkpoint, [pid], bus.pid), []);
	t.true(instances(counter, bus.dir).length <= 1, 'never two');
}

for (const policy of ['queue', 'refuse']) {
	test(`criu is killed at each stage of the freeze, ${policy}: the service answers`, async (t) => {
		const {bus, pid, cli, client} = await setUp(t);
		let expected = 0;
		for (const stage of ['pre-dump', 'post-dump']) {
			const freeze = Stepped.freeze(cli, counter.name, '--while-frozen', policy);
			await freeze.to(stage);
			process.kill(criuOf(freeze.checkpoint), 'SIGKILL');
			const {code, document} = await freeze.end();
			t.is(code, 6);
			t.like(document.error, {code: 'criu-killed', stage, processState: 'running'});
			t.is(await client.add(counter, 1), ++expected);
			isClean(t, bus, freeze.checkpoint, pid);
		}
		const {verdict} = await cli.ok<ThawResult>(t, 'cycle', counter.name, '--while-frozen', policy);
		t.true(verdict.preserved, 'and it can be frozen afterwards');
		t.is(await client.add(counter, 1), ++expected);
	});

	test(`criu is killed at each stage of the thaw, ${policy}: frozen until it is complete, then it runs`, async (t) => {
		const {bus, pid, cli, client} = await setUp(t);
		const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name, '--while-frozen', policy);
		client.bump(10);
		for (const stage of ['pre-restore', 'post-restore']) {
			const thaw = Stepped.thaw(cli, checkpoint);
			await thaw.to(stage);
			process.kill(criuOf(checkpoint), 'SIGKILL');
			const {code, document} = await thaw.end();
			t.is(code, 6);
			t.like(document.error, {code: 'criu-killed', stage, processState: 'frozen'});
			isClean(t, bus, checkpoint, pid);
			t.deepEqual(instances(counter, bus.dir), []);
		}
		const thaw = Stepped.thaw(cli, checkpoint);
		await thaw.to('pre-resume');
		process.kill(criuOf(checkpoint), 'SIGKILL');
		const {code, document} = await thaw.end<ThawResult>();
		t.is(code, 0, JSON.stringify(document));
		t.true(document.warnings.some(({warning}) => warning === 'restore-ended-badly'));
		t.true(document.verdict.preserved);
		t.is(await client.add(counter, 1), 11, 'the signal came once');
		isClean(t, bus, checkpoint, pid);
		t.deepEqual(instances(counter, bus.dir), [pid]);
		t.is(readStat(pid)?.state, 'S');
	});
}
