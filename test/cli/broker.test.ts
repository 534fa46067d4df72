import test, {type ExecutionContext} from 'ava';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {brokerProgram, testBroker} from '../support/broker.js';
import {Cli} from '../support/cli.js';
import {demoServices, startService} from '../support/services.js';
import {abortTests} from './abort-tests.js';
import {announceTests} from './announce-tests.js';
import {freezeThawTests} from './freeze-thaw-tests.js';
import {manyTests} from './many-tests.js';
import {whileFrozenTests} from './while-frozen-tests.js';

const program = brokerProgram();

if (program === undefined) {
	test.skip('dbus-broker: not installed here', () => {});
} else {
	const startBus = (t: ExecutionContext) => testBroker(t, program);
	freezeThawTests('dbus-broker', startBus, 3);
	announceTests('dbus-broker', startBus);
	abortTests('dbus-broker', startBus);
	manyTests('dbus-broker', startBus);
	whileFrozenTests('dbus-broker', startBus);

	test('what dbus-broker does not tell is said, wherever it would be shown or compared', async (t) => {
		const bus = await startBus(t);
		const {counter} = demoServices;
		await startService(bus, counter);
		const cli = new Cli(bus);
		const told = async (...args: string[]) => {
			const {code, stdout, stderr} = await cli.run(args);
			t.is(code, 0, stderr);
			return `${stdout}${stderr}`;
		};
		t.regex(await told('list'), /Counter .* \? +\?\s[\s\S]*\?: the bus daemon does not tell/);
		t.regex(await told('snapshot', counter.name), /match rules unknown/);
		t.regex(await told('doctor'), /note +match rules are readable \(Debug.Stats\): the daemon does not tell/);
		t.regex(
			await told('doctor', counter.name),
			/note +the bus daemon does not tell match rules[\s\S]*It can be frozen/,
		);
		const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
		const {verdict} = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
		t.true(verdict.preserved);
		t.true(verdict.differences.some(({reason}) => reason === 'rules-untold'));
		t.regex(await told('diff', checkpoint), /does not tell match rules \(Debug.Stats\): nothing to compare/);
	});
}
