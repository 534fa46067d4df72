import test, {type ExecutionContext} from 'ava';
import {brokerProgram, testBroker} from '../support/broker.js';
import {abortTests} from './abort-tests.js';
import {announceTests} from './announce-tests.js';
import {freezeThawTests} from './freeze-thaw-tests.js';
import {manyTests} from './many-tests.js';

const program = brokerProgram();

if (program === undefined) {
	test.skip('dbus-broker: not installed here', () => {});
} else {
	const startBus = (t: ExecutionContext) => testBroker(t, program);
	freezeThawTests('dbus-broker', startBus, 3);
	announceTests('dbus-broker', startBus);
	abortTests('dbus-broker', startBus);
	manyTests('dbus-broker', startBus);
}
