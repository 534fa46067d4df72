import test from 'ava';
import {inspectMessage} from '../../../src/dbus/inspect.js';
import type {TrafficMessage} from '../../../src/dbus/types.js';
import {Variant} from '../../../src/dbus/wire/reader.js';
import {encodeMessage} from '../../../src/dbus/wire/writer.js';
import type {Row} from '../../../src/tui/spans.js';
import {rowWidth} from '../../../src/tui/spans.js';
import {messageDetails} from '../../../src/tui/traffic/message-details.js';
import {trafficRow} from '../../../src/tui/traffic/message-row.js';
import {FakeTraffic} from '../../support/fake-port.js';

/** Nothing was ever answered here. */
const feed = new FakeTraffic(1);
feed.elapsed = () => undefined;
const now = Date.now();
feed.now = () => now;

const textOf = (rows: readonly Row[]): string =>
	rows
		.map((row) =>
			row
				.map(({text}) => text)
				.join('')
				.trimEnd(),
		)
		.join('\n');

const base: TrafficMessage = {
	index: 5,
	at: now - 3000,
	type: 'call',
	serial: 7,
	sender: ':1.10',
	destination: ':1.7',
	path: '/a',
	interface: 'org.example.X',
	member: 'Do',
	signature: 'a{sv}ay',
	fds: 0,
	size: 200,
	noReply: false,
};

const detailsOf = (message: TrafficMessage, body: readonly unknown[], width = 76): string => {
	const {index, at, size, noReply, ...parts} = message;
	const rows = messageDetails(message, inspectMessage(encodeMessage({...parts, body})), feed, width);
	for (const row of rows) if (rowWidth(row) > width) throw new Error(`too wide: ${textOf([row])}`);
	return textOf(rows);
};

test('every header field, who is behind the names, the body by type, and the bytes', (t) => {
	const text = detailsOf(base, [
		new Map<string, Variant>([
			['Level', new Variant('d', 0.5)],
			['Numbers', new Variant('ai', [1, 2, 3])],
			['Long', new Variant('s', 'word '.repeat(40))],
			[
				'Deep',
				new Variant(
					'a{sv}',
					new Map([
						[
							'x',
							new Variant(
								'as',
								Array.from({length: 300}, (_, i) => `${i}`),
							),
						],
					]),
				),
			],
		]),
		Buffer.from('bytes as text'),
	]);
	t.regex(text, /^type +method call$/m);
	t.regex(text, /^sender +:1\.10 {2}caller 1206$/m);
	t.regex(text, /^destination +:1\.7 {2}org\.dbusfreeze\.Demo\.Counter {2}counter 1203$/m);
	t.regex(text, /^answer +none yet, for 3\.0 s$/m);
	t.regex(text, /little-endian/);
	t.regex(text, /^body {2}a\{sv\}ay$/m);
	t.regex(text, /Level +d +0\.5$/m);
	t.regex(text, /Numbers +ai +\[1, 2, 3\]$/m);
	t.regex(text, /Deep +a\{sv\} +1 element$/m);
	t.regex(text, /x +as +300 elements$/m);
	t.regex(text, /… 44 more$/m);
	t.regex(text, /ay +"bytes as text"\n +13 bytes$/m);
	t.regex(text, /^000000 {2}6c 01 00 01 /m);
});

test('a call waits, is given up, or wants no answer', (t) => {
	const end = (message: TrafficMessage) => textOf([trafficRow({...message, signature: ''}, feed, 100)]);
	t.regex(end(base), /… 3\.0 s$/);
	t.regex(end({...base, at: now - 26_000}), /✖ 26\.0 s$/);
	t.notRegex(end({...base, at: now}), /…|✖/);
	t.notRegex(end({...base, noReply: true}), /3\.0 s/);
	t.regex(detailsOf({...base, noReply: true, signature: ''}, []), /^answer +none wanted$/m);
});

test('a signal without destination names its receivers', (t) => {
	const {destination, ...signal} = base;
	const text = detailsOf({...signal, type: 'signal', signature: ''}, []);
	t.regex(
		text,
		/^receivers +:1\.9 {2}org\.dbusfreeze\.Demo\.Settings {2}settings 1205\n +:1\.11 {2}记录器 1207$/m,
	);
});

test('changed properties are folded', (t) => {
	const text = detailsOf(
		{
			...base,
			type: 'signal',
			interface: 'org.freedesktop.DBus.Properties',
			member: 'PropertiesChanged',
			signature: 'sa{sv}as',
		},
		['org.example.Player', new Map([['Volume', new Variant('d', 0.25)]]), ['Position', 'Rate']],
	);
	t.regex(text, /Properties of org\.example\.Player\n {2}Volume +d +0\.25\n.*not told: Position, Rate/);
});

test('nothing from the bus reaches the terminal raw', (t) => {
	const evil = 'a\u001b]0;x\u0007\u202e\n';
	const text = detailsOf({...base, signature: 'a{sv}as'}, [
		new Map([[evil, new Variant('s', evil)]]),
		[evil],
	]);
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
	t.notRegex(text, /[\u0000-\u0009\u000b-\u001f\u202e]/);
});
