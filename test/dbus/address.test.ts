import test from 'ava';
import {Fault} from '../../src/common/fault.js';
import {type Endpoint, escapeAddressValue, locateBus, parseAddress} from '../../src/dbus/address.js';

test('paths, abstract names, escapes, lists and the guid are understood', (t) => {
	const {usable, ignored} = parseAddress(
		'unix:path=/run/a%20b%2c%3bc,guid=00ff;unix:abstract=/tmp/x;launchd:env=X;unix:guid=00ff',
	);
	t.deepEqual(usable, [
		{
			text: 'unix:path=/run/a%20b%2c%3bc,guid=00ff',
			endpoint: {kind: 'unix', path: '/run/a b,;c'},
			guid: '00ff',
		},
		{text: 'unix:abstract=/tmp/x', endpoint: {kind: 'unix', path: '\0/tmp/x'}},
	]);
	t.deepEqual(ignored, [
		{text: 'launchd:env=X', reason: 'transport'},
		{text: 'unix:guid=00ff', reason: 'no-path'},
	]);
});

const endpoints: Array<[text: string, endpoint: Endpoint]> = [
	['unix:dir=/tmp', {kind: 'dir', dir: '/tmp'}],
	['unix:tmpdir=/tmp', {kind: 'dir', dir: '/tmp'}],
	['unix:runtime=yes', {kind: 'runtime'}],
	['tcp:host=127.0.0.1,port=7', {kind: 'tcp', host: '127.0.0.1', port: 7}],
	['tcp:port=65535,family=ipv6', {kind: 'tcp', host: 'localhost', port: 65_535, family: 6}],
	['unixexec:path=/bin/x', {kind: 'exec', path: '/bin/x', argv0: '/bin/x', args: []}],
	[
		'unixexec:path=ssh,argv0=s,argv1=-xT,argv2=a%20b',
		{kind: 'exec', path: 'ssh', argv0: 's', args: ['-xT', 'a b']},
	],
];
for (const [text, endpoint] of endpoints) {
	test(`"${text}" is understood`, (t) => {
		t.deepEqual(parseAddress(text), {usable: [{text, endpoint}], ignored: []});
	});
}

for (const text of [
	'nonsense',
	':path=/a',
	'unix:path',
	'unix:path=/a,abstract=b',
	'unix:path=',
	'unix:runtime=no',
	'tcp:host=a',
	'tcp:host=a,port=0',
	'tcp:host=a,port=65536',
	'tcp:host=a,port=1,family=ipx',
	'unixexec:path=/a,argv2=b',
	'unix:path=%zz',
	'unix:path=%ff',
	'unix:path=%00',
]) {
	test(`"${text}" is refused as what it is`, (t) => {
		t.deepEqual(parseAddress(text), {usable: [], ignored: [{text, reason: 'syntax'}]});
	});
}

test('an escaped value comes back', (t) => {
	const path = '/tmp/ünï;,=% code/\u{1f980}';
	const {usable} = parseAddress(`unix:path=${escapeAddressValue(path)}`);
	t.deepEqual(usable[0]?.endpoint, {kind: 'unix', path});
});

test('the chosen bus follows the environment, and sudo its caller', (t) => {
	t.regex(locateBus({kind: 'system'}, {}, 0).address, /^unix:path=\/run\/dbus\/system_bus_socket/);
	t.is(locateBus({kind: 'system'}, {DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/s'}, 0).address, 'unix:path=/s');
	t.deepEqual(locateBus({kind: 'session'}, {XDG_RUNTIME_DIR: '/r u'}, 7), {
		address: 'unix:path=/r%20u/bus',
		isUsers: true,
	});
	t.deepEqual(locateBus({kind: 'session'}, {DBUS_SESSION_BUS_ADDRESS: 'unix:abstract=a'}, 7), {
		address: 'unix:abstract=a',
		isUsers: true,
	});
	t.deepEqual(locateBus({kind: 'session'}, {SUDO_UID: '1000'}, 0), {
		address: 'unix:path=/run/user/1000/bus',
		uid: 1000,
		isUsers: true,
	});
	// Without being root, SUDO_UID is somebody else's leftover.
	t.deepEqual(locateBus({kind: 'session'}, {SUDO_UID: '1000'}, 7), {
		address: 'unix:path=/run/user/7/bus',
		isUsers: true,
	});
});

test('an address without any usable entry is a fault with its reason', (t) => {
	const fault = t.throws(() => locateBus({kind: 'address', address: 'autolaunch:'}, {}, 0), {
		instanceOf: Fault,
	});
	t.is(fault?.code, 'bus-unreachable');
	t.deepEqual(fault?.params, {address: 'autolaunch:', reason: 'address-transport'});
});
