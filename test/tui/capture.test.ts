import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {announcePath, managerInterface, momentSignature} from '../../src/dbus/announce/interface.js';
import {PcapWriter} from '../../src/dbus/capture/pcap-writer.js';
import {encodeMessage, type MessageParts} from '../../src/dbus/wire/writer.js';
import {temporaryFolder} from '../support/compile.js';
import {keys} from '../support/pty.js';
import {RealScreen} from '../support/real-screen.js';

const service = 'org.example.Service';

const call = (serial: number, member: string): MessageParts => ({
	type: 'call',
	serial,
	sender: ':1.4',
	destination: service,
	path: '/a',
	interface: service,
	member,
	signature: 's',
	body: ['question'],
});
const answer = (replySerial: number): MessageParts => ({
	type: 'return',
	serial: 100 + replySerial,
	replySerial,
	sender: ':1.7',
	destination: ':1.4',
	signature: 'i',
	body: [replySerial],
});
const announced = (member: string): MessageParts => ({
	type: 'signal',
	serial: 7,
	sender: ':1.30',
	path: announcePath,
	interface: managerInterface,
	member,
	signature: momentSignature,
	body: [[service], ':1.7', 1203, '/checkpoint'],
});
const secret: MessageParts = {
	...call(9, 'SearchItems'),
	destination: 'org.freedesktop.secrets',
	interface: 'org.freedesktop.Secret.Service',
	body: ['hunter2'],
};

/** Two answered calls, a freeze, a call that waits for the thaw, a secret, and one that nobody answers. */
const story: Array<[seconds: number, parts: MessageParts]> = [
	[0, call(1, 'First')],
	[0.25, answer(1)],
	[1, announced('Frozen')],
	[2, call(2, 'Waits')],
	[5, announced('Thawed')],
	[5.5, answer(2)],
	[6, secret],
	[40, call(3, 'Lost')],
	[80, {...announced('Frozen'), member: 'Freezing'}],
];

async function open(t: ExecutionContext, ...args: string[]): Promise<RealScreen> {
	const file = path.join(temporaryFolder(t), 'story.pcap');
	const writer = new PcapWriter(file);
	for (const [seconds, parts] of story) {
		const frame = encodeMessage(parts);
		writer.write(frame, 0, frame.length, 1_700_000_000_000 + seconds * 1000);
	}
	writer.close();
	const env = {XDG_CONFIG_HOME: path.dirname(file), DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nowhere'};
	const screen = RealScreen.start(t, ['open', file, ...args], {columns: 160, rows: 32, env});
	await screen.see(/story\.pcap/);
	return screen;
}

test('a capture is shown in the views of live traffic, with its freezes', async (t) => {
	const screen = await open(t);
	const list = await screen.see(/── ❄ org\.example\.Service is frozen[\s\S]*Waits[\s\S]*── ✔ .*runs again/);
	t.regex(list, /a capture/);
	t.notRegex(list, /msg\/s|Messages per second/);
	t.regex(list, /Waits = 2 +3\.5 s/);
	t.regex(list, /Lost\("question"\) +✖ 40\.0 s/);
	await screen.press('2', /:1\.4[\s\S]*:1\.7[\s\S]*●─+ First\("question"\) ─+▶/);
	await screen.press('3', /4 calls · 2 replies[\s\S]*First[\s\S]*250 ms/);
	await screen.press('1', /Connections/);
	// Back from the traffic to the connections.
	screen.pty.write(keys.tab);
	await screen.press('f', /read-only/);
	await screen.press(keys.enter, /tells only what was on the bus/);
	await screen.press('q', /Connections/);
	screen.pty.write('q');
	t.is(await screen.pty.ended(), 0);
});

test('a body that may hold a secret is masked until it is asked for; a filter can be given', async (t) => {
	const screen = await open(t, '--filter', 'member:SearchItems');
	const list = await screen.see(/SearchItems\("\*{7}"\)[\s\S]*\/member:SearchItems/);
	t.notRegex(list, /First/);
	screen.pty.write('z');
	await screen.seeNoMore(/Connections/);
	await screen.press(keys.enter, /masked, it may hold a secret[\s\S]*"\*{7}"/);
	await screen.press('u', /"hunter2"/);
	t.notRegex(screen.pty.text(), /masked, it/);
});

test('what is no capture is said before any screen', async (t) => {
	const screen = RealScreen.start(t, ['open', '/etc/hostname'], {});
	t.is(await screen.pty.ended(), 4);
	t.regex(screen.pty.text(), /it is no capture/);
	t.false(screen.pty.output().includes('\u001b[?1049h'));
});
