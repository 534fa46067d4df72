import test from 'ava';
import type dbus from 'dbus-next';
import {TestClient, testBus, until} from '../../support/bus.js';
import {keys} from '../../support/pty.js';
import {RealScreen} from '../../support/real-screen.js';
import {demoServices, startService} from '../../support/services.js';
import {smallDisk} from '../../support/small-disk.js';

const {counter} = demoServices;

test('what waits for a real service is listed; p refuses and lets wait; nothing is lost or doubled', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const client = await TestClient.connect(t, bus);
	const owner = await client.owner(counter.name);
	const screen = await RealScreen.on(t, bus);
	await screen.freeze();

	// A call waits, and the list has it.
	const refused = client.add(counter, 1).catch((error: dbus.DBusError) => error.type);
	await screen.see(/frozen · 1 waiting/);
	await screen.press('w', /1 message waits, \d+ B · the oldest for \d+ s/);
	await screen.see(/ +\S+ +→ Counter\.Add +\d+ B/);

	// A flood of signals is counted, its rate told, its end reached.
	const flood = 3000;
	for (let i = 0; i < flood; i++) client.bump(1);
	await screen.see(new RegExp(`${flood + 1} messages wait`));
	await screen.see(/1–\d+ of 3001/);
	await screen.press('G', /–3001 of 3001/);
	await screen.see(/≋ Control\.Bump +\d+ B/);
	await screen.press('g', /→ Counter\.Add/);

	// Refused from here on: also the call that waits.
	await screen.press(
		'p',
		/Refuse calls to org\.dbusfreeze\.Demo\.Counter\?[\s\S]*that wait are refused, too/,
	);
	await screen.press('y', /Calls to org\.dbusfreeze\.Demo\.Counter are refused from now on/);
	t.is(await refused, 'io.github.dbusfreeze.Error.Frozen');
	await screen.see(/calls are refused · 1 call refused/);
	await screen.see(/3000 messages wait, \d+ kB · the oldest for \d+ (s|min) · all on disk/);
	t.not(await client.owner(counter.name), owner);
	await t.throwsAsync(client.add(counter, 1), {message: /is frozen since/});
	screen.pty.write(keys.esc);
	await screen.see(/is frozen; calls refused: 2; 3000 wait/);
	await screen.see(/refusing · 3000 waiting/);

	// And waiting again: the names are the service's own.
	await screen.press('p', /Let calls to org\.dbusfreeze\.Demo\.Counter wait\?/);
	await screen.press('y', /Demo\.Counter wait from now on/);
	t.is(await client.owner(counter.name), owner);
	const answered = client.add(counter, 5);
	await screen.see(/names still owned; 3001 wait/);

	await screen.beginThaw();
	await screen.press('c', /runs on, context preserved; away for \S+ \S+; 3001 delivered/);
	t.is(await answered, flood + 5, 'every signal, and the call after them, once');
	await screen.press('w', /The thaw delivered 3001 messages \(\d+ kB\)[\s\S]*2 calls had been refused/);
	screen.pty.write(keys.esc);
	await screen.see(/runs on, context preserved/);
	screen.pty.write('q');
	t.is(await screen.pty.ended(), 0);
});

test('a freeze that refuses from the first moment is chosen in its question', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const client = await TestClient.connect(t, bus);
	const owner = await client.owner(counter.name);
	const screen = await RealScreen.on(t, bus, {columns: 120, rows: 40});
	await screen.press('f', /While frozen: {2}◉ calls wait/);
	await screen.press('p', /○ calls wait for the thaw {2}◉ calls get an error at once/);
	await screen.press('y', /◉ snapshot/);
	await screen.press('c', /Demo\.Counter is frozen; calls refused: 0; 0 messages \(0 B\) wait/);
	await t.throwsAsync(client.get(counter), {message: /is frozen since/});
	await screen.see(/─ Waiting ─[\s\S]*1 call refused/);
	await screen.see(/refuses calls for it/);
	await screen.beginThaw();
	await screen.press('c', /runs on, context preserved; away for \S+ \S+\. d compares/);
	t.is(await client.add(counter, 2), 2);
	await until(async () => (await client.owner(counter.name)) === owner, 'its name is its own');
});

test('a full disk is said on the screen; with space again it goes on by itself, and nothing is lost', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const client = await TestClient.connect(t, bus);
	const disk = smallDisk(t, RealScreen.stateDir(bus), 8);
	const screen = await RealScreen.on(t, bus);
	await screen.freeze();
	disk.fill(0);
	// 2.8 MB: more than stays in the kernel.
	const flood = 20_000;
	for (let i = 0; i < flood; i++) client.bump(1);
	await screen.see(/Demo\.Counter is frozen, but the disk is full\. w says more/);
	await screen.see(/│ +the disk is full +│/);
	await screen.press('w', /The disk is full\. Nothing is lost, but nothing more is taken/);
	disk.empty();
	await screen.see(/20\.0k messages wait, 2\.8 MB · the oldest for \d+ s · (\S+ of them|all) on disk/);
	await screen.seeNoMore(/The disk is full/);
	screen.pty.write(keys.esc);
	await screen.see(/its names still owned; 20\.0k wait/);
	await screen.beginThaw();
	await screen.press('c', /runs on, context preserved; away for \S+ \S+; 20\.0k delivered/);
	t.is(await client.get(counter), flood);
});

test('a daemon that ends is said on the screen', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const screen = await RealScreen.on(t, bus);
	await screen.freeze();
	await screen.see(/names still owned; 0 wait/);
	process.kill(bus.pid, 'SIGKILL');
	await screen.see(/Demo\.Counter is frozen, but its connection has ended\. w says more/);
	t.regex(
		await screen.press('w', /The bus daemon has closed the connection/),
		/after the thaw it has no connection/,
	);
});
