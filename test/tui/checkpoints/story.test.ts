import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import type {FreezeResult} from '../../../src/session/events.js';
import {TestClient, testBus} from '../../support/bus.js';
import {Cli} from '../../support/cli.js';
import {keys} from '../../support/pty.js';
import {RealScreen} from '../../support/real-screen.js';
import {demoServices, startService} from '../../support/services.js';

const {counter} = demoServices;

test('from the screen: one whose keeper was killed, one of another bus; packed, thawed, compared, deleted', async (t) => {
	const [bus, other] = await Promise.all([testBus(t), testBus(t)]);
	await Promise.all([startService(bus, counter), startService(other, counter)]);
	const [client, far] = await Promise.all([TestClient.connect(t, bus), TestClient.connect(t, other)]);
	t.is(await client.add(counter, 1), 1);
	t.is(await far.add(counter, 41), 41);
	// Both are in the state dir of the screen, one frozen by somebody else.
	const stateDir = RealScreen.stateDir(bus);
	const elsewhere = new Cli(other, stateDir);
	const {keeperPid} = await elsewhere.ok<FreezeResult>(t, 'freeze', counter.name);
	const owner = await client.owner(counter.name);

	const screen = await RealScreen.on(t, bus, {columns: 120, rows: 36});
	await screen.freeze();
	await screen.press(
		'C',
		/Checkpoints[\s\S]*▸ ❄ \S*Demo\.Counter +frozen, held +as it was[\s\S]*✔ files, images/,
	);
	const [name = ''] = fs.readdirSync(path.join(stateDir, 'checkpoints')).sort().reverse();
	const folder = path.join(stateDir, 'checkpoints', name);

	await screen.press('p', /▸ file +\/.*Counter\.dbusfreeze/);
	const file = path.join(bus.dir, 'packed here');
	await screen.press('\u0015', /▸ file +▏/);
	await screen.press(file, /packed here▏/);
	await screen.press(keys.enter, /▸ passphrase/);
	await screen.press('secret', /••••••▏/);
	await screen.press(keys.enter, /▸ once more/);
	await screen.press('secret', /▸ once more +••••••▏/);
	await screen.press(keys.enter, /is packed into .*packed here[\s\S]*It is encrypted/);
	t.is(fs.readFileSync(file, 'latin1').slice(0, 21), 'age-encryption.org/v1');
	t.false(screen.pty.output().includes('secret'));

	const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'manifest.json'), 'utf8'));
	process.kill(manifest.keeper.pid, 'SIGKILL');
	await screen.see(/▸ ❄ \S*Demo\.Counter +frozen, no keeper +new connection/);
	await screen.press('t', /Its old bus connection[\s\S]*y thaws it · n or esc/);
	await screen.press('y', /◉ pre-restore/);
	await screen.press('c', /runs on, context preserved/);
	t.is(await client.add(counter, 1), 2);
	t.not(await client.owner(counter.name), owner);

	await screen.press('C', /▸ ✔ \S*Demo\.Counter +thawed/);
	await screen.press('d', /Comparison {2}before/);
	await screen.press(keys.esc, /▸ ✔ \S*Demo\.Counter +thawed/);
	await screen.press('x', /Nothing of it is frozen/);
	await screen.press('y', /Counter is deleted\./);
	t.false(fs.existsSync(folder));

	await screen.see(/▸ ❄ \S*Demo\.Counter +frozen, held .*other bus/);
	process.kill(keeperPid, 'SIGKILL');
	await screen.see(/▸ ❄ \S*Demo\.Counter +frozen, no keeper +new connection .*other bus/);
	await screen.press('t', /It belongs to another bus, unix:path=/);
	await screen.press('y', /◉ pre-restore/);
	await screen.press('c', /runs on, context preserved/);
	t.is(await far.add(counter, 1), 42);
	// The counter of this bus was never shown as frozen by that.
	t.is(await client.add(counter, 1), 3);
	screen.pty.write('q');
	t.is(await screen.pty.ended(), 0);
});
