import test from 'ava';
import {connectBus} from '../../src/dbus/calls.js';
import {asFault} from '../../src/session/faults.js';
import {testBus} from '../support/bus.js';

test('a daemon that ends while it is asked is told of as such, and is no defect', async (t) => {
	const bus = await testBus(t);
	const client = await connectBus(bus);
	process.kill(bus.pid, 'SIGSTOP');
	const pending = t.throwsAsync(client.driver('GetId'));
	process.kill(bus.pid, 'SIGKILL');
	const errors = [await pending, await t.throwsAsync(client.driver('GetId'))];
	for (const error of errors.filter((one) => one !== undefined)) {
		const fault = asFault(error, 'running', '/checkpoint');
		t.is(fault.code, 'bus-unreachable', String(error));
		t.is(fault.processState, 'running');
		t.regex(JSON.stringify(fault.params), /unix:path=/);
	}
});

test('a full disk, and what nobody expected', (t) => {
	const full = Object.assign(new Error('no space'), {code: 'ENOSPC'});
	t.is(asFault(full, 'frozen', '/checkpoint').code, 'disk-full');
	t.is(asFault(new Error('what?'), 'frozen', '/checkpoint').code, 'internal');
});
