// daemon-stopper PID: stops the process and never ends by itself: what a hang of ours would be.
import {writeSync} from 'node:fs';
import {whileDaemonStands} from '../../../src/dbus/held/daemon-stop.js';

whileDaemonStands(Number(process.argv[2]), () => {
	writeSync(1, 'ready\n');
	for (;;);
});
