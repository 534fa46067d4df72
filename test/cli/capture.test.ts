import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient, testBus} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {demoServices, startService} from '../support/services.js';

test('freeze --capture saves the traffic of the service until after its thaw', async (t) => {
	const bus = await testBus(t);
	const {counter, ledger} = demoServices;
	await startService(bus, counter);
	await startService(bus, ledger);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', '--capture', counter.name);
	const waiting = client.add(counter, 5);
	await client.add(ledger, 1);
	await cli.ok<ThawResult>(t, 'thaw', checkpoint);
	t.is(await waiting, 5);
	const file = path.join(checkpoint, 'traffic.pcap');
	t.is(fs.statSync(file).mode & 0o777, 0o600);
	const {code, stdout} = await cli.run(['--json', 'open', file, '--filter', 'member:Add']);
	t.is(code, 0);
	const messages = stdout
		.split('\n')
		.slice(0, -1)
		.map((line) => JSON.parse(line) as Record<string, unknown>);
	t.deepEqual(
		messages.map(({type, destination}) => [type, destination]),
		[
			['call', counter.name],
			['return', client.uniqueName],
		],
		'the call that waited and its answer; nothing of others',
	);
	t.true((messages[1]?.elapsedMs as number) > 0);
});
