import test from 'ava';
import {announceName} from '../../src/dbus/announce/interface.js';
import type {ThawResult} from '../../src/session/events.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {demoServices, startService} from '../support/services.js';
import {announced, announceTests} from './announce-tests.js';

const {counter} = demoServices;

announceTests('dbus-daemon', (t) => testBus(t));

test('where the bus forbids the name, freezing works and says what is missing', async (t) => {
	const bus = await testBus(t, `<policy context="mandatory"><deny own="${announceName}"/></policy>`);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const heard = await announced(client);
	const {warnings, verdict} = await cli.ok<ThawResult>(t, 'cycle', counter.name);
	t.true(verdict.preserved);
	t.deepEqual(
		warnings.map(({warning}) => warning),
		['not-announced'],
	);
	await until(() => heard.length === 4, 'the signals are sent all the same');
	t.regex((await cli.run(['doctor'])).stdout, /note +announcements.*busctl call/);
});
