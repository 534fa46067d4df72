import test from 'ava';
import {beginsWithMessage} from '../../../src/dbus/held/boundary.js';
import {Fates} from '../../../src/dbus/held/fates.js';
import {NoiseFilter} from '../../../src/dbus/held/noise.js';
import {RefusalLog} from '../../../src/dbus/held/refusal.js';
import {CallRefuser} from '../../../src/dbus/held/refuser.js';
import {firstOwnSerial, HeldWriter} from '../../../src/dbus/held/writer.js';
import {Header} from '../../../src/dbus/wire/header.js';
import {encodeMessage, type MessageParts} from '../../../src/dbus/wire/writer.js';
import {closeFd} from '../../../src/kernel/descriptor.js';
import {socketPair} from '../../../src/kernel/socket.js';
import {receiveWithFds, sendWithFds} from '../../../src/kernel/socket-messages.js';

const daemon = 'org.freedesktop.DBus';

function header(parts: Partial<MessageParts>): Header {
	const bytes = encodeMessage({type: 'signal', serial: 1, sender: daemon, ...parts} as MessageParts);
	return new Header().load(bytes, 0, bytes.length);
}

const signal = (member: string, body: string[]) =>
	header({
		path: '/org/freedesktop/DBus',
		interface: daemon,
		member,
		signature: 's'.repeat(body.length),
		body,
	});
const reply = (replySerial: number, sender = daemon) => header({type: 'return', replySerial, sender});

test('only what the takeover makes is noise, and only from its first to its last mark', (t) => {
	const filter = new NoiseFilter();
	const [name, ours, theirs] = ['org.example.A', ':1.9', ':1.2'];
	filter.expectReply(firstOwnSerial, 'opens');
	filter.expectReply(firstOwnSerial + 1);
	filter.expectReply(firstOwnSerial + 2, 'closes');
	filter.expectMoves([name], ours);
	t.is(filter.outstanding, 3);

	// The service got its name just before it was frozen and has not read it yet.
	t.false(filter.isNoise(signal('NameAcquired', [name])));
	t.false(filter.isNoise(reply(17)), 'a reply to a call of its own');
	t.true(filter.isNoise(reply(firstOwnSerial)));
	t.true(filter.isNoise(signal('NameLost', [name])));
	t.true(filter.isNoise(signal('NameOwnerChanged', [name, theirs, ours])));
	t.false(filter.isNoise(signal('NameLost', ['org.example.Other'])));
	t.false(filter.isNoise(signal('NameOwnerChanged', ['org.example.Other', theirs, ':1.3'])));
	t.false(filter.isNoise(signal('NameOwnerChanged', [ours, '', ours])), 'the stand-in as a connection');
	t.true(filter.isNoise(reply(firstOwnSerial + 1)));
	t.false(filter.isNoise(reply(firstOwnSerial + 2, ':1.3')), 'not from the daemon');
	t.true(filter.isNoise(signal('NameAcquired', [name])));
	t.true(filter.isNoise(reply(firstOwnSerial + 2)));
	t.false(filter.isNoise(reply(firstOwnSerial + 2)), 'each is answered once');
	t.is(filter.outstanding, 0);
	t.false(filter.isNoise(signal('NameLost', [name])), 'after the hand-back it is news');
	t.false(
		filter.isNoise(header({interface: 'a.b', member: 'NameLost', path: '/', signature: 's', body: [name]})),
	);
});

test('calls to the service are refused, what it only overheard and everything else is kept', (t) => {
	const [service, bus] = socketPair();
	t.teardown(() => [service, bus].forEach(closeFd));
	const log = new RefusalLog();
	const facts = {
		names: ['org.example.A'],
		uniqueName: ':1.2',
		pid: 7,
		comm: 'ev\u001bil',
		checkpoint: 'kept-here',
		since: 0,
	};
	const fates = new Fates(new NoiseFilter());
	const call = (destination: string, serial: number) =>
		encodeMessage({type: 'call', serial, path: '/', member: 'M', destination, sender: ':1.5'});
	const messages = [
		call(':1.2', 1),
		call('org.example.A', 2),
		call('org.example.Else', 3),
		encodeMessage({type: 'return', serial: 4, replySerial: 9, sender: ':1.5', destination: ':1.2'}),
	].map((bytes) => ({bytes, fds: [], at: 5}));
	t.is(fates.keep(messages).length, 4, 'with the policy queue');

	fates.refuser = new CallRefuser(new HeldWriter(service), facts, log);
	t.deepEqual(fates.keep(messages), messages.slice(2));
	t.is(log.count, 2);
	const answers = receiveWithFds(bus, 65_536)?.data ?? Buffer.alloc(0);
	const first = new Header().load(answers, 0, answers.length / 2);
	t.is(first.serial, firstOwnSerial);
	t.is(first.replySerial, 1);
	t.is(first.type, 'error');
	t.deepEqual(first.body(), [
		'org.example.A (ev\\eil, pid 7) is frozen since 1970-01-01T00:00:00.000Z, checkpoint kept-here',
	]);
});

test('answers that find no room wait, whole and in order', async (t) => {
	const [service, bus] = socketPair();
	t.teardown(() => [service, bus].forEach(closeFd));
	const writer = new HeldWriter(service);
	const serials: number[] = [];
	while (writer.waiting === 0)
		serials.push(writer.send({type: 'signal', path: '/', interface: 'a.b', member: 'M'}));
	serials.push(writer.send({type: 'signal', path: '/', interface: 'a.b', member: 'M'}));
	t.false(await writer.flushed(5));
	const parts: Buffer[] = [];
	const drain = () => {
		for (let got = receiveWithFds(bus, 65_536); got; got = receiveWithFds(bus, 65_536)) parts.push(got.data);
	};
	drain();
	t.true(await writer.flushed(1000));
	drain();
	const all = Buffer.concat(parts);
	const size = all.length / serials.length;
	t.deepEqual(
		serials.map((_, index) => new Header().load(all, index * size, (index + 1) * size).serial),
		serials,
	);
});

test('a queue that begins inside a message is recognised', (t) => {
	const [service, bus] = socketPair();
	t.teardown(() => [service, bus].forEach(closeFd));
	t.true(beginsWithMessage(service), 'empty');
	const message = encodeMessage({type: 'signal', serial: 3, path: '/', interface: 'a.b', member: 'Member'});
	sendWithFds(bus, message);
	t.true(beginsWithMessage(service));
	receiveWithFds(service, 20);
	t.false(beginsWithMessage(service));
});
