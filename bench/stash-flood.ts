// stash-flood ADDRESS COUNT BYTES: sends COUNT signals that a Counter listens to, BYTES of ballast in each, as fast
// as the bus takes them, and prints the seconds until the daemon had routed all.
import {openConnection} from '../src/dbus/connection.js';
import {encodeMessage} from '../src/dbus/wire/writer.js';

const [address = '', count = '0', bytes = '0'] = process.argv.slice(2);
/** Messages between two questions to the daemon: few enough that none waits in our own memory. */
const burst = Number(bytes) > 10_000 ? 4 : 500;
let answered = () => {};
const connection = await openConnection(
	{address},
	{
		// Nothing else is ever sent to this connection but two messages at its beginning.
		onFrame: () => answered(),
		onEnd: () => process.exit(1),
	},
);
const driver = {
	destination: 'org.freedesktop.DBus',
	path: '/org/freedesktop/DBus',
	interface: 'org.freedesktop.DBus',
};
let serial = 1;

function ask(member: string, answers: number): Promise<void> {
	let left = answers;
	return new Promise((resolve) => {
		answered = () => {
			left--;
			if (left === 0) resolve();
		};
		connection.send(encodeMessage({...driver, type: 'call', serial: serial++, member}));
	});
}

// The reply, and NameAcquired.
await ask('Hello', 2);
const ballast = Buffer.alloc(Number(bytes), 7);
const signal = encodeMessage({
	type: 'signal',
	serial: 0xffff,
	path: '/org/dbusfreeze/Demo/Control',
	interface: 'org.dbusfreeze.Demo.Control',
	member: 'Bump',
	signature: 'iay',
	body: [0, ballast],
});
const start = performance.now();
for (let sent = 1; sent <= Number(count); sent++) {
	connection.send(signal);
	if (sent % burst === 0) await ask('GetId', 1);
}
await ask('GetId', 1);
console.log((performance.now() - start) / 1000);
process.exit(0);
