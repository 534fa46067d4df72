import path from 'node:path';
import test from 'ava';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient, testBus} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {RealScreen} from '../support/real-screen.js';
import {demoServices, startService} from '../support/services.js';

test('who was thawed is found by its name when its checkpoint is gone', async (t) => {
	const bus = await testBus(t);
	const service = demoServices.counter;
	const {pid} = await startService(bus, service);
	const client = await TestClient.connect(t, bus);
	const cli = new Cli(bus);
	for (let round = 1; round <= 2; round++) {
		const frozen = await cli.ok<FreezeResult>(t, 'freeze', service.name);
		t.like(frozen, {pid, names: [service.name]});
		const {verdict} = await cli.ok<ThawResult>(t, 'thaw', frozen.checkpoint);
		t.true(verdict.preserved, JSON.stringify(verdict));
		await cli.ok(t, 'checkpoints', 'remove', path.basename(frozen.checkpoint));
		t.is(await client.add(service, 1), round);
	}
	const screen = await RealScreen.on(t, bus);
	await screen.see(new RegExp(`\\b${pid} counter`));
	await screen.beginFreeze();
	await screen.press('a', /Aborted: Demo\.Counter runs on as before/);
	t.is(await client.add(service, 1), 3);
});
