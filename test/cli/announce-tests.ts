import test, {type ExecutionContext} from 'ava';
import type dbus from 'dbus-next';
import {announceName, announcePath, managerInterface} from '../../src/dbus/announce/interface.js';
import type {PrivateBus} from '../../src/dbus/private-bus.js';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient, until} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {demoServices, startService} from '../support/services.js';

const {counter, ledger} = demoServices;

/** Announced moments with what they tell, in order. */
export async function announced(client: TestClient): Promise<Array<[string, unknown[]]>> {
	const heard: Array<[string, unknown[]]> = [];
	client.bus.on('message', ({path, interface: name, member, body}: dbus.Message) => {
		if (path === announcePath && name === managerInterface && member) heard.push([member, body]);
	});
	await client.daemon('AddMatch', 's', [`type='signal',interface='${managerInterface}'`]);
	return heard;
}

async function list(client: TestClient): Promise<unknown[][]> {
	return (await client.call(announceName, announcePath, 'List', '', [], managerInterface))[0] as unknown[][];
}

/** What must hold on every bus, whatever its daemon. */
export function announceTests(daemon: string, startBus: (t: ExecutionContext) => Promise<PrivateBus>): void {
	test(`${daemon}: everybody on the bus hears a freeze and a thaw, and can ask what is frozen`, async (t) => {
		const bus = await startBus(t);
		const {pid} = await startService(bus, counter);
		await startService(bus, ledger);
		const cli = new Cli(bus);
		const client = await TestClient.connect(t, bus);
		const heard = await announced(client);
		const {checkpoint, uniqueName} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
		await cli.ok<FreezeResult>(t, 'freeze', ledger.name);
		t.deepEqual(
			(await list(client)).map(([names]) => names),
			[[counter.name], [ledger.name]],
			'one keeper answers for all',
		);
		await cli.ok<ThawResult>(t, 'thaw', checkpoint);
		await until(() => heard.length === 6, 'all moments are heard');
		const ours = heard.filter(([, [names]]) => (names as string[])[0] === counter.name);
		t.deepEqual(
			ours.map(([moment]) => moment),
			['Freezing', 'Frozen', 'Thawing', 'Thawed'],
		);
		for (const [, body] of ours) t.deepEqual(body, [[counter.name], uniqueName, pid, checkpoint]);
		const names = async () => (await list(client)).map(([owned]) => owned);
		await until(
			async () => JSON.stringify(await names()) === JSON.stringify([[ledger.name]]),
			'the other answers',
		);
	});

	test(`${daemon}: an aborted freeze is announced as such`, async (t) => {
		const bus = await startBus(t);
		await startService(bus, counter);
		const cli = new Cli(bus);
		const client = await TestClient.connect(t, bus);
		const heard = await announced(client);
		await cli.run(['freeze', '--step', counter.name], 'n\nn\na\n');
		await until(() => heard.length === 2, 'both moments are heard');
		t.deepEqual(
			heard.map(([moment]) => moment),
			['Freezing', 'Aborted'],
		);
	});
}
