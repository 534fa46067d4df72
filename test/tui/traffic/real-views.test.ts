import test from 'ava';
import {TestClient, testBus} from '../../support/bus.js';
import {keys} from '../../support/pty.js';
import {RealScreen} from '../../support/real-screen.js';
import {demoServices, startService} from '../../support/services.js';

const {counter} = demoServices;

test('real traffic in all views: arguments, receivers, a call that waits, figures', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	const caller = await TestClient.connect(t, bus);
	const listener = await TestClient.connect(t, bus);
	await listener.daemon('AddMatch', 's', [`type='signal',interface='${counter.name}',member='Changed'`]);
	const screen = await RealScreen.on(t, bus, {columns: 150, rows: 40});
	// The match rules were read before the signal comes.
	await screen.see(/node[\s\S]*1 rule/);
	t.is(await caller.add(counter, 7), 7);
	await screen.see(/→ .*Counter +Add\(7\)[\s\S]*← .*Counter +Add = 7 +(<?\d.*)? ms[\s\S]*≋ Changed\(7\)/);

	await screen.press('2', /●─+ Add\(7\) ─+▶[\s\S]*◀╌+ Add = 7 ╌+●/);
	await screen.see(new RegExp(`${caller.uniqueName}[\\s\\S]*${listener.uniqueName}|${listener.uniqueName}`));
	// From the service to who listens.
	await screen.see(/◆┄+ *Changed\(7\) *┄*▶|◀┄* *Changed\(7\) *┄+◆/);

	process.kill(pid, 'SIGSTOP');
	const waiting = caller.add(counter, 1);
	await screen.see(/Add\(1\).*… \d+(\.\d)? (ms|s)/);
	await screen.press('/', /filter: words/);
	screen.pty.write(`is:unanswered${keys.enter}`);
	await screen.seeNoMore(/Add\(7\)/);
	await screen.see(/Add\(1\).*… \d+(\.\d)? (ms|s)/);
	process.kill(pid, 'SIGCONT');
	t.is(await waiting, 8);
	await screen.seeNoMore(/Add\(1\)/);
	await screen.press(keys.esc, /Add = 8/);

	await screen.press('3', /Counter +Add +.*2 [\s\S]*who sends most/);
	await screen.press('/', /filter: words/);
	screen.pty.write(`member:Changed${keys.enter}`);
	await screen.see(/2 messages · .* 0 calls · 0 replies · 2 signals/);
	await screen.press('1', /Connections/);
	await screen.press(
		keys.enter,
		new RegExp(`receivers +${listener.uniqueName.replace('.', '\\.')} [\\s\\S]*body {2}i[\\s\\S]*i +8`),
	);
});
