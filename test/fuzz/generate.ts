import {type Value, Variant} from '../../src/dbus/wire/reader.js';
import {type WireType, wireTypes} from '../../src/dbus/wire/types.js';
import {encodeMessage, type MessageParts} from '../../src/dbus/wire/writer.js';
import type {Random} from './random.js';

const basic = [...'ybnqiuxtdsogh'];
const texts = [
	'',
	'a',
	'org.example.Name',
	'冻结 ünï',
	'\u001b[2J\u202e\u0000\u2028\ufeff',
	'x'.repeat(300),
	'/a/b',
];
const names = [
	':1.7',
	':1.4294967295',
	'org.freedesktop.secrets',
	'org.example.Counter',
	'org.freedesktop.DBus',
];
const members = ['Get', 'NameOwnerChanged', 'PropertiesChanged', 'Store', 'a'.repeat(255)];
const interfaces = [
	'org.freedesktop.DBus',
	'org.freedesktop.DBus.Properties',
	'org.freedesktop.Secret.Item',
	'a.b',
];

/** One complete type, at most `depth` containers deep. */
function typeText(random: Random, depth: number): string {
	const kind = depth === 0 ? 0 : random.below(7);
	if (kind < 3) return random.pick(basic);
	if (kind === 3) return 'v';
	if (kind === 4) return `a${typeText(random, depth - 1)}`;
	if (kind === 5) return `a{${random.pick(basic)}${typeText(random, depth - 1)}}`;
	return `(${Array.from({length: 1 + random.below(3)}, () => typeText(random, depth - 1)).join('')})`;
}

function valueFor(random: Random, type: WireType, depth: number): Value {
	const {text, key, element, members: parts} = type;
	const some = random.below(depth > 3 ? 2 : 5);
	if (parts) return parts.map((part) => valueFor(random, part, depth + 1));
	if (key && element) {
		const entries = Array.from({length: some}, (): [Value, Value] => [
			valueFor(random, key, depth + 1),
			valueFor(random, element, depth + 1),
		]);
		return new Map(entries);
	}
	if (text === 'ay') return Buffer.from(Array.from({length: random.below(40)}, () => random.below(256)));
	if (element) return Array.from({length: some}, () => valueFor(random, element, depth + 1));
	return basicValue(random, text, depth);
}

function basicValue(random: Random, code: string, depth: number): Value {
	switch (code) {
		case 'v': {
			const [inner] = wireTypes(typeText(random, depth > 3 ? 0 : 2)) as [WireType];
			return new Variant(inner.text, valueFor(random, inner, depth + 1));
		}
		case 'b':
			return random.oneIn(2);
		case 'n':
		case 'i':
			return random.below(65_536) - 32_768;
		case 'x':
			return BigInt(random.below(2 ** 32)) * -2_000_000_000n;
		case 't':
			return BigInt(random.below(2 ** 32)) * 4_000_000_000n;
		case 'd':
			return random.pick([0, -0.5, Number.NaN, Number.POSITIVE_INFINITY, 1e308]);
		case 'y':
			return random.below(256);
		case 's':
			return random.pick(texts);
		case 'o':
			return random.pick(['/', '/a/b']);
		case 'g':
			return random.pick(['', 's', 'a{sv}']);
		default:
			return random.below(65_536);
	}
}

/** A message that is right in every way, as a starting point. */
export function randomMessage(random: Random): Buffer {
	const type = random.pick(['call', 'return', 'error', 'signal'] as const);
	const signature = Array.from({length: random.below(4)}, () => typeText(random, random.below(5))).join('');
	const parts: MessageParts = {
		type,
		serial: 1 + random.below(100),
		flags: random.below(8),
		sender: random.pick(names),
		signature,
		body: wireTypes(signature).map((one) => valueFor(random, one, 0)),
	};
	if (random.oneIn(2)) parts.destination = random.pick(names);
	if (random.oneIn(4)) parts.fds = random.below(10);
	if (type === 'return' || type === 'error') parts.replySerial = 1 + random.below(100);
	else Object.assign(parts, {path: '/a', interface: random.pick(interfaces), member: random.pick(members)});
	if (type === 'error') parts.errorName = 'org.example.Error';
	return encodeMessage(parts, random.oneIn(2));
}
