import test from 'ava';
import {argumentsText} from '../../src/dbus/arguments.js';
import {type BodyNode, bodyTree} from '../../src/dbus/body-tree.js';
import {inspectMessage} from '../../src/dbus/inspect.js';
import {Header} from '../../src/dbus/wire/header.js';
import {Variant} from '../../src/dbus/wire/reader.js';
import {encodeMessage, type MessageParts} from '../../src/dbus/wire/writer.js';

const parts: MessageParts = {
	type: 'signal',
	serial: 7,
	sender: ':1.1',
	path: '/a',
	interface: 'org.freedesktop.DBus.Properties',
	member: 'PropertiesChanged',
};

const lineOf = (more: Partial<MessageParts>, littleEndian = true): string | undefined => {
	const frame = encodeMessage({...parts, ...more}, littleEndian);
	return argumentsText(new Header().load(frame, 0, frame.length));
};

const change = [
	'org.example.Player',
	new Map<string, Variant>([
		['Volume', new Variant('d', 0.5)],
		['Title', new Variant('s', 'a\u001b[31m\u202e')],
	]),
	['Position'],
];

test('changed properties are folded into one line', (t) => {
	const text = 'org.example.Player Volume=0.5 Title="a\\e[31m\\u{202e}" -Position';
	t.is(lineOf({signature: 'sa{sv}as', body: change}), text);
	t.is(lineOf({signature: 'sa{sv}as', body: change}, false), text);
	// Another signal of that name is shown as it is.
	t.is(lineOf({signature: 'su', body: ['x', 1]}), '"x", 1');
	t.true(
		lineOf({interface: 'org.other', signature: 'sa{sv}as', body: change})?.startsWith(
			'"org.example.Player", {',
		),
	);
});

test('a large body is cut to a row, a broken one left out of it', (t) => {
	t.regex(lineOf({signature: 's', body: ['x'.repeat(20_000)]}) ?? '', /^"x{60}…" \(20000 /);
	const many = {signature: 'au', body: [Array.from({length: 100_000}, (_, i) => i)]};
	t.regex(lineOf(many) ?? '', /^\[0, 1, 2, 3, 4, 5, 6, 7, … /);
	t.true(
		(lineOf({signature: 'as', body: [Array.from({length: 300}, () => 'y'.repeat(90))]}) ?? '').length < 800,
	);
	const frame = encodeMessage({...parts, signature: 's', body: ['text']});
	frame.writeUInt32LE(4000, frame.length - 9);
	t.is(argumentsText(new Header().load(frame, 0, frame.length)), undefined);
	t.regex(inspectMessage(frame).bodyError ?? '', /beyond the end/);
	t.deepEqual(inspectMessage(frame).body, []);
});

test('a tree keeps types, unfolds variants, and tells the size of what it cuts', (t) => {
	const signature = 'sayaya{sv}(ib)as';
	const tree = bodyTree(
		signature,
		[
			'x'.repeat(100),
			Buffer.from('/etc/passwd\0'),
			Buffer.from([0, 1, 255]),
			new Map([['n', new Variant('ai', [1, 2])]]),
			[-5, true],
			Array.from({length: 50}, (_, i) => `item ${i}`),
		],
		{characters: 10, elements: 3},
	);
	const [text, path, bytes, dict, struct, list] = tree as [
		BodyNode,
		BodyNode,
		BodyNode,
		BodyNode,
		BodyNode,
		BodyNode,
	];
	t.deepEqual(text, {type: 's', text: '"xxxxxxxxxx…"', size: 100, cut: true});
	t.like(path, {
		type: 'ay',
		size: 12,
		cut: true,
		hex: Buffer.from('/etc/passw').toString('hex'),
		text: '"/etc/passw"',
	});
	t.deepEqual(bytes, {type: 'ay', size: 3, hex: '0001ff'});
	t.deepEqual(dict, {
		type: 'a{sv}',
		size: 1,
		children: [
			{
				type: 'ai',
				variant: true,
				key: '"n"',
				size: 2,
				children: [
					{type: 'i', text: '1'},
					{type: 'i', text: '2'},
				],
			},
		],
	});
	t.deepEqual(struct.children, [
		{type: 'i', text: '-5'},
		{type: 'b', text: 'true'},
	]);
	t.like(list, {size: 50, cut: true});
	t.is(list.children?.length, 3);
});

test('a hostile body does not grow a tree without end', (t) => {
	let count = 0;
	const visit = (node: BodyNode): void => {
		count++;
		node.children?.forEach(visit);
	};
	const row = Array.from({length: 200}, (_, i) => i);
	bodyTree('aai', [Array.from({length: 200}, () => row)]).forEach(visit);
	t.true(count < 5000, String(count));
});

for (const littleEndian of [true, false]) {
	test(`an inspection tells every header field (${littleEndian ? 'little' : 'big'}-endian)`, (t) => {
		const frame = encodeMessage(
			{...parts, type: 'call', destination: 'a.b', flags: 1 | 2 | 64, signature: 'u', body: [5]},
			littleEndian,
		);
		const found = inspectMessage(frame);
		t.like(found, {littleEndian, unknownFlags: 64, bodyBytes: 4, otherFields: []});
		t.deepEqual(found.flags, ['noReplyExpected', 'noAutoStart']);
		t.deepEqual(found.body, [{type: 'u', text: '5'}]);
		t.is(found.headerBytes + found.bodyBytes, frame.length);
		t.deepEqual(found.raw, frame);
	});
}

test('fields of later protocol versions are told with their number', (t) => {
	// A field 10 of type `o` in place of the sender's code, which is a string field of the same layout.
	const frame = encodeMessage({...parts, sender: ':1.1', signature: '', body: []});
	const at = frame.indexOf(Buffer.from([7, 1, 0x73, 0]));
	t.true(at > 0);
	frame[at] = 10;
	t.deepEqual(inspectMessage(frame).otherFields, [
		{code: 10, value: {type: 's', text: '":1.1"', variant: true}},
	]);
});
