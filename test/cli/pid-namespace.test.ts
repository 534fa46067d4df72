import fs from 'node:fs';
import test from 'ava';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient, testBus} from '../support/bus.js';
import {Cli, type JsonError} from '../support/cli.js';
import {occupy} from '../support/occupy.js';
import {demoServices, startService} from '../support/services.js';

const {counter, ledger, gauge, notes} = demoServices;

/** The numbers of a process, from here inwards. */
function numbersOf(pid: number): number[] {
	const [, numbers = ''] = /^NSpid:\s*(.*)$/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
	return numbers.split(/\s+/).map(Number);
}

for (const service of [counter, ledger, gauge, notes]) {
	test(`${service.library}: thawed although its number is taken, and frozen and thawed again`, async (t) => {
		const bus = await testBus(t);
		const {pid} = await startService(bus, service);
		const cli = new Cli(bus);
		const client = await TestClient.connect(t, bus);
		const owner = await client.owner(service.name);
		t.is(await client.add(service, 7), 7);
		const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', service.name);
		await occupy(t, pid);
		const refused = await cli.json<JsonError>('thaw', checkpoint);
		t.is(refused.code, 5);
		t.is(refused.document.error.code, 'pid-taken');
		const waiting = client.add(service, 1);
		const thawed = await cli.ok<ThawResult>(t, 'thaw', checkpoint, '--pid-namespace', '--verify-memory');
		t.true(thawed.verdict.preserved, JSON.stringify(thawed.verdict.differences));
		t.is(thawed.mode, 'held');
		t.is(thawed.ownPid, pid);
		t.deepEqual(numbersOf(thawed.pid), [thawed.pid, pid]);
		t.is(await waiting, 8);
		t.is(await client.owner(service.name), owner);
		t.deepEqual(thawed.warnings.map(({warning}) => warning).sort(), ['bus-names-other', 'pid-namespace']);
		t.true(thawed.memory && thawed.memory.dumped.different.length === 0);

		const again = await cli.ok<FreezeResult>(t, 'freeze', service.name);
		t.is(again.pid, thawed.pid, 'who has the connection is meant, not who has the number');
		client.bump(100);
		const back = await cli.ok<ThawResult>(t, 'thaw', again.checkpoint);
		t.true(back.verdict.preserved, JSON.stringify(back.verdict.differences));
		t.is(back.ownPid, pid);
		t.is(await client.add(service, 0), 108);
		const cycled = await cli.ok<ThawResult>(t, 'cycle', service.name);
		t.true(cycled.verdict.preserved, JSON.stringify(cycled.verdict.differences));
		t.is(await client.get(service), 108);
	});
}
