import test from 'ava';
import {Fault} from '../../src/common/fault.js';
import {escapeAddressValue, locateBus, parseAddress} from '../../src/dbus/address.js';

test('paths, abstract names, escapes, lists and the guid are understood', (t) => {
	const {usable, ignored} = parseAddress(
		'unix:path=/run/a%20b%2c%3bc,guid=00ff;unix:abstract=/tmp/x;tcp:host=h,port=1;unix:runtime=yes',
	);
	t.deepEqual(usable, [
		{text: 'unix:path=/run/a%20b%2c%3bc,guid=00ff', socketPath: '/run/a b,;c', guid: '00ff'},
		{text: 'unix:abstract=/tmp/x', socketPath: '\0/tmp/x'},
	]);
	t.deepEqual(ignored, [
		{text: 'tcp:host=h,port=1', reason: 'transport'},
		{text: 'unix:runtime=yes', reason: 'no-path'},
	]);
});

for (const text of [
	'nonsense',
	':path=/a',
	'unix:path',
	'unix:path=/a,abstract=b',
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
	t.is(parseAddress(`unix:path=${escapeAddressValue(path)}`).usable[0]?.socketPath, path);
});

test('the chosen bus follows the environment, and sudo its caller', (t) => {
	t.regex(locateBus({kind: 'system'}, {}, 0).address, /^unix:path=\/run\/dbus\/system_bus_socket/);
	t.is(locateBus({kind: 'system'}, {DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/s'}, 0).address, 'unix:path=/s');
	t.deepEqual(locateBus({kind: 'session'}, {XDG_RUNTIME_DIR: '/r u'}, 7), {address: 'unix:path=/r%20u/bus'});
	t.deepEqual(locateBus({kind: 'session'}, {DBUS_SESSION_BUS_ADDRESS: 'unix:abstract=a'}, 7), {
		address: 'unix:abstract=a',
	});
	t.deepEqual(locateBus({kind: 'session'}, {SUDO_UID: '1000'}, 0), {
		address: 'unix:path=/run/user/1000/bus',
		uid: 1000,
	});
	// Without being root, SUDO_UID is somebody else's leftover.
	t.deepEqual(locateBus({kind: 'session'}, {SUDO_UID: '1000'}, 7), {address: 'unix:path=/run/user/7/bus'});
});

test('an address without any usable entry is a fault with its reason', (t) => {
	const fault = t.throws(() => locateBus({kind: 'address', address: 'tcp:host=h'}, {}, 0), {
		instanceOf: Fault,
	});
	t.is(fault?.code, 'bus-unreachable');
	t.deepEqual(fault?.params, {address: 'tcp:host=h', reason: 'address-transport'});
});
