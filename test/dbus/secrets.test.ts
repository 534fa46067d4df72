import test from 'ava';
import {NameTable} from '../../src/dbus/names.js';
import {Secrets} from '../../src/dbus/secrets.js';
import {Header} from '../../src/dbus/wire/header.js';
import {maskedCopy} from '../../src/dbus/wire/mask.js';
import {Variant} from '../../src/dbus/wire/reader.js';
import {encodeMessage, type MessageParts} from '../../src/dbus/wire/writer.js';

function message(parts: Partial<MessageParts>, littleEndian = true): Header {
	const frame = encodeMessage({type: 'call', serial: 1, path: '/a', member: 'M', ...parts}, littleEndian);
	return new Header().load(frame, 0, frame.length);
}

test('keyrings, wallets and agents are known; a member alone can be secret, too', (t) => {
	const names = new NameTable();
	names.ownerChanged('org.freedesktop.secrets', '', ':1.5');
	const secrets = new Secrets();
	const covers = (parts: Partial<MessageParts>): boolean => secrets.covers(message(parts), names);
	t.true(covers({interface: 'org.freedesktop.Secret.Item', member: 'GetSecret'}));
	t.true(covers({interface: 'org.kde.KWallet', member: 'readPassword'}));
	t.true(covers({interface: 'org.freedesktop.Accounts.User', member: 'SetPassword'}));
	t.false(covers({interface: 'org.freedesktop.Accounts.User', member: 'SetIconFile'}));
	t.false(covers({interface: 'org.freedesktop.SecretsOfNature', member: 'Get'}));
	t.true(covers({interface: 'org.freedesktop.DBus.Properties', destination: 'org.freedesktop.secrets'}));
	t.true(covers({interface: 'org.freedesktop.DBus.Properties', destination: ':1.5'}));
	t.true(covers({type: 'return', replySerial: 1, sender: ':1.5', destination: ':1.9'}));
	t.false(covers({interface: 'org.freedesktop.DBus.Properties', destination: ':1.6'}));
	t.false(covers({interface: 'org.freedesktop.DBus', sender: ':1.5', destination: 'org.freedesktop.DBus'}));
	names.ownerChanged('org.gnome.keyring', '', ':1.6');
	t.true(
		covers({interface: 'org.freedesktop.DBus.Properties', destination: ':1.6'}),
		'who is who may change',
	);
});

test('messages that look alike are not taken for each other, nor for what they were', (t) => {
	const names = new NameTable();
	const remembering = new Secrets(['org.example.A6', 'org.example.B.M3']);
	const all = Array.from({length: 400}, (_, i) =>
		message({
			interface: `org.example.${'AB'[i % 2]}${i % 2 === 0 ? i % 10 : ''}`,
			member: `M${i % 7}`,
			sender: `:1.${i % 11}`,
		}),
	);
	const expected = all.map((one) => new Secrets(['org.example.A6', 'org.example.B.M3']).covers(one, names));
	t.true(expected.includes(true) && expected.includes(false));
	for (let round = 0; round < 2; round++)
		t.deepEqual(
			all.map((one) => remembering.covers(one, names)),
			expected,
		);
	names.ownerChanged('org.gnome.keyring', '', ':1.5');
	t.true(all.every((one, i) => i % 11 !== 5 || remembering.covers(one, names)));
});

test('a user adds his own', (t) => {
	const secrets = new Secrets(['org.example.Vault', 'org.example.Plain.Tell']);
	const covers = (iface: string, member: string): boolean =>
		secrets.covers(message({interface: iface, member}), new NameTable());
	t.true(covers('org.example.Vault.Door', 'Open'));
	t.true(covers('org.example.Plain', 'Tell'));
	t.false(covers('org.example.Plain', 'Ask'));
});

for (const littleEndian of [true, false]) {
	test(`a masked body has its shape and says nothing, ${littleEndian ? 'little' : 'big'}-endian`, (t) => {
		const secret = message(
			{
				interface: 'a.b',
				signature: 'soga{sv}ay(ub)xav',
				body: [
					'päss',
					'/kept',
					'as',
					new Map([['key', new Variant('s', 'word')]]),
					Buffer.from('bytes'),
					[1234, true],
					-5n,
					[new Variant('d', 0.5)],
				],
			},
			littleEndian,
		);
		const frame = maskedCopy(secret);
		t.is(frame.length, secret.end);
		t.deepEqual(new Header().load(frame, 0, frame.length).body(), [
			'*****',
			'/kept',
			'as',
			new Map([['key', new Variant('s', '****')]]),
			Buffer.alloc(5),
			[0, false],
			0n,
			[new Variant('d', 0)],
		]);
		t.is(secret.body()[0], 'päss', 'the message itself stays');
	});
}

test('a body that fits no signature is blank', (t) => {
	const secret = message({interface: 'a.b', signature: 's', body: ['password']});
	secret.bytes[secret.bodyStart] = 99;
	const frame = maskedCopy(secret);
	t.true(frame.subarray(secret.bodyStart).every((byte) => byte === 0));
});
