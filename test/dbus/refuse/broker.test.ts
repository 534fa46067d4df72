import test from 'ava';
import {brokerProgram, testBroker} from '../../support/broker.js';
import {takeoverTests} from './takeover-tests.js';

const program = brokerProgram();
if (program === undefined) test.skip('dbus-broker: not installed here', () => {});
else takeoverTests('dbus-broker', (t) => testBroker(t, program));
