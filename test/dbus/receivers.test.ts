import test from 'ava';
import {connectBus} from '../../src/dbus/calls.js';
import {takeCensus} from '../../src/dbus/census.js';
import {NameTable} from '../../src/dbus/names.js';
import {Receivers} from '../../src/dbus/receivers.js';
import {recordTraffic} from '../../src/dbus/record.js';
import {Header} from '../../src/dbus/wire/header.js';
import {encodeMessage, type MessageParts} from '../../src/dbus/wire/writer.js';
import {testBus, until} from '../support/bus.js';

const signal: MessageParts = {
	type: 'signal',
	serial: 1,
	sender: ':1.1',
	path: '/a/b',
	interface: 'org.example.X',
	member: 'Changed',
	signature: 's',
	body: ['text'],
};

const receivers = (rules: Record<string, string[] | null>, parts: Partial<MessageParts> = {}) => {
	const frame = encodeMessage({...signal, ...parts});
	const names = new NameTable();
	names.ownerChanged('org.example.Name', '', ':1.1');
	const peers = Object.entries(rules).map(([uniqueName, matchRules]) => ({
		uniqueName,
		names: [],
		queued: [],
		matchRules,
	}));
	return new Receivers().of(new Header().load(frame, 0, frame.length), peers, names);
};

test('a signal goes to those whose rules take it', (t) => {
	const rules = {
		':1.2': ["type='signal'"],
		':1.3': ["type='method_call'", "sender='org.example.Name',arg0='other'"],
		':1.4': ["type='signal',sender='org.example.Name',path_namespace='/a'"],
		':1.5': [],
		':1.6': ["type='signal',arg0='text'"],
		':1.7': ['no rule at all', "type='signal',interface='org.example.Y'"],
	};
	t.deepEqual(receivers(rules), [':1.2', ':1.4', ':1.6']);
	t.deepEqual(receivers(rules, {destination: ':1.5'}), [':1.5']);
	t.is(receivers({':1.2': null}), undefined);
});

test('the daemon and we agree on who receives', async (t) => {
	const bus = await testBus(t);
	const traffic = await recordTraffic({address: bus.address});
	t.teardown(() => traffic.close());
	const [sender, listener, deaf] = await Promise.all([0, 1, 2].map(() => connectBus(bus)));
	if (!sender || !listener || !deaf) throw new Error('no connections');
	for (const one of [sender, listener, deaf]) t.teardown(() => one.close());
	let heard = 0;
	await listener.onSignal({interface: 'org.example.X', member: 'Changed'}, () => heard++);
	await deaf.onSignal({interface: 'org.example.X', member: 'Other'}, () => t.fail());
	const peers = await takeCensus(deaf);
	sender.emit({path: '/a', interface: 'org.example.X', member: 'Changed', signature: 's', body: ['text']});
	await until(() => heard === 1, 'the signal');
	const {end} = traffic.range();
	const index = Array.from({length: end}, (_, i) => i).find((i) => traffic.get(i)?.member === 'Changed');
	const frame = traffic.frame(index ?? -1);
	if (!frame) throw new Error('the monitor has not seen it');
	const found = new Receivers().of(new Header().load(frame, 0, frame.length), peers, new NameTable());
	t.deepEqual(found, [listener.uniqueName]);
});
