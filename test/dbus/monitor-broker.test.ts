import test from 'ava';
import {connectBus} from '../../src/dbus/calls.js';
import {recordTraffic} from '../../src/dbus/record.js';
import {brokerProgram, testBroker} from '../support/broker.js';
import {until} from '../support/bus.js';

const program = brokerProgram();
const onBroker = program === undefined ? test.skip : test;

onBroker('on dbus-broker a monitor sees calls, answers and signals, too', async (t) => {
	const {address} = await testBroker(t, program as string);
	const traffic = await recordTraffic({address});
	t.teardown(() => traffic.close());
	t.deepEqual(traffic.status(), {mode: 'monitor'});
	const [caller, callee] = await Promise.all([connectBus({address}), connectBus({address})]);
	t.teardown(() => caller.close());
	t.teardown(() => callee.close());
	const call = {destination: callee.uniqueName, path: '/a', interface: 'a.b', member: 'Between'};
	await t.throwsAsync(caller.call(call), {message: /no methods/});
	caller.emit({path: '/a', interface: 'a.b', member: 'ToAll'});
	const all = () => {
		const {first, end} = traffic.range();
		return Array.from({length: end - first}, (_, offset) => traffic.get(first + offset));
	};
	await until(() => all().some((message) => message?.member === 'ToAll'), 'the signal');
	const between = all().find((message) => message?.member === 'Between');
	t.is(between && traffic.pair(between)?.type, 'error');
});
