import {testBus} from '../support/bus.js';
import {manyTests} from './many-tests.js';

manyTests('dbus-daemon', (t) => testBus(t));
