// A program of its own that starts a bus with one service, for tests that end it in rude ways.
import {startPrivateBus} from '../../src/dbus/private-bus.js';
import {demoServices, startService} from './services.js';

const bus = await startPrivateBus();
const program = await startService(bus, demoServices.counter);
console.log(JSON.stringify({dir: bus.dir, pids: [bus.pid, program.pid]}));
setInterval(() => {}, 2 ** 30);
