import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import dbus from 'dbus-next';
import {Announcer, mayAnnounce} from '../../../src/dbus/announce/announcer.js';
import {announceName, announcePath, managerInterface, moments} from '../../../src/dbus/announce/interface.js';
import type {FrozenEntry} from '../../../src/dbus/announce/object.js';
import {connectBus} from '../../../src/dbus/calls.js';
import {ownersOf} from '../../../src/dbus/census.js';
import type {PrivateBus} from '../../../src/dbus/private-bus.js';
import {TestClient, testBus, until} from '../../support/bus.js';

const entry: FrozenEntry = {
	names: ['org.example.One', 'org.example.Two'],
	uniqueName: ':1.42',
	pid: 4711,
	checkpoint: 'org.example.One-20261120-200000',
	since: Date.UTC(2026, 10, 20, 20, 0, 0, 123),
};

async function announcer(
	t: ExecutionContext,
	bus: PrivateBus,
	list: () => FrozenEntry[],
): Promise<Announcer> {
	const opened = await Announcer.open({address: bus.address}, list);
	t.teardown(() => opened.close());
	return opened;
}

/** Signals of the announcing object, in order, as another client library understands them. */
async function signals(client: TestClient): Promise<dbus.Message[]> {
	const heard: dbus.Message[] = [];
	client.bus.on('message', (message: dbus.Message) => {
		if (message.type === dbus.MessageType.SIGNAL && message.path === announcePath) heard.push(message);
	});
	await client.daemon('AddMatch', 's', [`type='signal',path='${announcePath}'`]);
	return heard;
}

test('every moment is a signal with names, unique name, pid and checkpoint', async (t) => {
	const bus = await testBus(t);
	const client = await TestClient.connect(t, bus);
	const heard = await signals(client);
	const announcing = await announcer(t, bus, () => [entry]);
	t.is(announcing.standing, 'owner');
	for (const moment of moments) announcing.announce(moment, entry);
	await announcing.flushed();
	await until(() => heard.length === moments.length + 3, 'all signals');
	const ours = heard.filter((message) => message.interface === managerInterface);
	t.deepEqual(
		ours.map(({member}) => member),
		[...moments],
	);
	for (const {body, sender} of ours) {
		t.deepEqual(body, [entry.names, entry.uniqueName, entry.pid, entry.checkpoint]);
		t.is(sender, announcing.uniqueName);
	}
});

test('the object can be introspected, listed and read', async (t) => {
	const bus = await testBus(t);
	const client = await TestClient.connect(t, bus);
	await announcer(t, bus, () => [entry, {...entry, names: [], pid: 2}]);
	const row = [entry.names, entry.uniqueName, entry.pid, entry.checkpoint, BigInt(entry.since)];
	const rows = [row, [[], ...row.slice(1, 2), 2, ...row.slice(3)]];

	const proxy = await client.bus.getProxyObject(announceName, announcePath);
	const manager = proxy.getInterface(managerInterface);
	t.deepEqual(await manager.List?.(), rows);
	const properties = proxy.getInterface('org.freedesktop.DBus.Properties');
	const frozen: dbus.Variant = await properties.Get?.(managerInterface, 'Frozen');
	t.is(frozen.signature, 'a(assusx)');
	t.deepEqual(frozen.value, rows);
	const all: Record<string, dbus.Variant> = await properties.GetAll?.(managerInterface);
	t.deepEqual(all.Frozen?.value, rows);

	const introspect = (object: string) =>
		client.call(announceName, object, 'Introspect', '', [], 'org.freedesktop.DBus.Introspectable');
	t.regex(String((await introspect('/'))[0]), /<node name="io"\/>/);
	t.regex(String((await introspect('/io/github'))[0]), /<node name="dbusfreeze1"\/>/);
	await t.throwsAsync(introspect('/nowhere'), {message: /No object/});
	for (const [member, signature, body, error] of [
		['Get', 'ss', [managerInterface, 'Nothing'], 'UnknownProperty'],
		['Get', 's', ['x'], 'InvalidArgs'],
		['Set', 'ssv', [managerInterface, 'Frozen', new dbus.Variant('s', '')], 'PropertyReadOnly'],
		['Invent', '', [], 'UnknownMethod'],
	] as const) {
		const failure = await t.throwsAsync(
			client.call(
				announceName,
				announcePath,
				member,
				signature,
				[...body],
				'org.freedesktop.DBus.Properties',
			),
		);
		t.is((failure as dbus.DBusError).type, `org.freedesktop.DBus.Error.${error}`);
	}
});

test('several keepers: one owns the name and answers for all, the next one follows it', async (t) => {
	const bus = await testBus(t);
	const client = await TestClient.connect(t, bus);
	const ask = await connectBus({address: bus.address});
	t.teardown(() => ask.close());
	let all: FrozenEntry[] = [];
	const [first, second] = [await announcer(t, bus, () => all), await announcer(t, bus, () => all)];
	t.deepEqual([first.standing, second.standing], ['owner', 'queued']);
	t.deepEqual(await ownersOf(ask, announceName), [first.uniqueName, second.uniqueName]);
	const heard = await signals(client);

	second.announce('Freezing', entry);
	all = [entry];
	second.announce('Frozen', entry);
	await until(() => heard.length === 3, 'the owner has told of the change');
	t.deepEqual(
		heard.map(({sender, member}) => [sender, member]),
		[
			[second.uniqueName, 'Freezing'],
			[second.uniqueName, 'Frozen'],
			[first.uniqueName, 'PropertiesChanged'],
		],
	);
	const [interfaceName, changed] = (heard[2]?.body ?? []) as [string?, Record<string, dbus.Variant>?];
	t.is(interfaceName, managerInterface);
	t.is(changed?.Frozen?.value.length, 1);
	t.is(
		((await client.call(announceName, announcePath, 'List', '', [], managerInterface))[0] as unknown[])
			.length,
		1,
	);

	first.close();
	await until(() => second.standing === 'owner', 'the next one owns it');
	t.is(
		((await client.call(announceName, announcePath, 'List', '', [], managerInterface))[0] as unknown[])
			.length,
		1,
	);
});

test('where the policy forbids the name, signals are sent all the same', async (t) => {
	const deny = `<policy context="default"><deny own="${announceName}"/></policy>`;
	const bus = await testBus(t, deny);
	const client = await TestClient.connect(t, bus);
	const heard = await signals(client);
	const announcing = await announcer(t, bus, () => [entry]);
	t.is(announcing.standing, 'forbidden');
	announcing.announce('Frozen', entry);
	await until(() => heard.length === 2, 'signal and property');
	t.deepEqual(
		heard.map(({member}) => member),
		['Frozen', 'PropertiesChanged'],
	);
	const ask = await connectBus({address: bus.address});
	t.teardown(() => ask.close());
	t.false(await mayAnnounce(ask));
});

test('the shipped policy allows on a strict bus what is needed, to root alone', async (t) => {
	const policy = path.resolve(import.meta.dirname, '../../../data/io.github.dbusfreeze1.conf');
	const strict = `<policy context="default"><deny own="*"/><deny send_type="method_call"/>
		<allow send_destination="org.freedesktop.DBus"/><allow receive_type="method_call"/></policy>
		<include>${policy}</include>\n`;
	const bus = await testBus(t, strict);
	fs.chmodSync(bus.dir, 0o755);
	const ask = await connectBus({address: bus.address});
	t.teardown(() => ask.close());
	t.true(await mayAnnounce(ask));
	t.deepEqual(await ownersOf(ask, announceName), [], 'asking owns nothing');
	const announcing = await announcer(t, bus, () => [entry]);
	t.is(announcing.standing, 'owner');
	t.true(await mayAnnounce(ask), 'somebody else owns it');
	const nobody = await connectBus({address: bus.address, uid: 65534});
	t.teardown(() => nobody.close());
	t.false(await mayAnnounce(nobody));
	const list = {destination: announceName, path: announcePath, interface: managerInterface, member: 'List'};
	t.is(((await nobody.call(list))[0] as unknown[]).length, 1, 'anybody may ask');
});
