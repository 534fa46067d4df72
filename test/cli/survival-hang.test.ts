import test from 'ava';
import {readStat} from '../../src/kernel/proc-stat.js';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient, testBus} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {demoServices, startService} from '../support/services.js';
import {criuOf, instances, Stepped, strays} from '../support/survival.js';

const {counter} = demoServices;

test('criu hangs: it is ended after the time limit, and the service is where it was', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	// Long enough for a busy machine at the stages where nothing hangs.
	cli.env.DBUSFREEZE_CRIU_LIMIT = '2';
	for (const stage of ['pre-dump', 'post-dump']) {
		const freeze = Stepped.freeze(cli, counter.name);
		await freeze.to(stage);
		process.kill(criuOf(freeze.checkpoint), 'SIGSTOP');
		freeze.next();
		const {code, document} = await freeze.end();
		t.is(code, 6);
		t.like(document.error, {code: 'criu-timeout', stage, processState: 'running'});
		t.deepEqual(strays(freeze.checkpoint, [pid], bus.pid), []);
		t.is(readStat(pid)?.state, 'S');
		await client.add(counter, 1);
	}
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name, '--while-frozen', 'refuse');
	client.bump(10);
	for (const stage of ['pre-restore', 'post-restore']) {
		const thaw = Stepped.thaw(cli, checkpoint);
		await thaw.to(stage);
		process.kill(criuOf(checkpoint), 'SIGSTOP');
		thaw.next();
		const {code, document} = await thaw.end();
		t.is(code, 6);
		t.like(document.error, {code: 'criu-timeout', stage, processState: 'frozen'});
		t.deepEqual(strays(checkpoint, [pid], bus.pid), []);
		t.deepEqual(instances(counter, bus.dir), []);
	}
	t.true((await cli.ok<ThawResult>(t, 'thaw', checkpoint)).verdict.preserved);
	t.is(await client.get(counter), 12, 'what waited has come once');
});
