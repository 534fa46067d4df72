import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {Fault} from '../../src/common/fault.js';
import {escapeAddressValue} from '../../src/dbus/address.js';
import {connectBus} from '../../src/dbus/calls.js';
import {startDaemon} from '../support/daemon.js';

const anonymous = '<auth>ANONYMOUS</auth><auth>EXTERNAL</auth><allow_anonymous/>';
/** Between its standard input and output and the socket that its argument names. */
const bridge = `
const socket = require('net').connect(process.argv[1]);
process.stdin.pipe(socket).pipe(process.stdout);`;

/** Connects, and asks the daemon for its id. */
async function idOf(t: ExecutionContext, address: string): Promise<string> {
	const bus = await connectBus({address, isUsers: true});
	t.teardown(() => bus.close());
	return String((await bus.driver('GetId'))[0]);
}

test('every transport of a local bus leads to it', async (t) => {
	const daemon = await startDaemon(t, {
		listen: ['unix:path=DIR/b u;s', 'unix:abstract=DIR/abstract', 'unix:dir=DIR', 'unix:runtime=yes'].map(
			(address) => address.replace('b u;s', 'b%20u%3bs'),
		),
	});
	const {dir} = daemon;
	const id = await idOf(t, `unix:path=${escapeAddressValue(path.join(dir, 'b u;s'))}`);
	t.is(await idOf(t, `unix:abstract=${dir}/abstract`), id);
	t.is(await idOf(t, `unix:dir=${dir}`), id);
	t.is(await idOf(t, `unix:tmpdir=${dir}/`), id);
	// The whole list as the daemon prints it, with guids; and what leads nowhere is passed over.
	t.is(await idOf(t, daemon.address), id);
	t.is(await idOf(t, `unix:path=/nowhere;launchd:env=x;unix:dir=/nowhere;${daemon.address}`), id);
	const runtimeDir = process.env.XDG_RUNTIME_DIR;
	process.env.XDG_RUNTIME_DIR = dir;
	t.teardown(() => {
		if (runtimeDir === undefined) delete process.env.XDG_RUNTIME_DIR;
		else process.env.XDG_RUNTIME_DIR = runtimeDir;
	});
	t.is(await idOf(t, 'unix:runtime=yes'), id);
});

test('a program can be the way to a bus', async (t) => {
	const daemon = await startDaemon(t, {});
	const socket = path.join(daemon.dir, 'bus');
	const words = [process.execPath, '-e', bridge, socket].map(escapeAddressValue);
	const [program, ...args] = words;
	const argv = args.map((word, index) => `argv${index + 1}=${word}`).join(',');
	t.is(await idOf(t, `unixexec:path=${program},${argv}`), await idOf(t, daemon.address));
	const missing = connectBus({address: 'unixexec:path=/nowhere/program', isUsers: true});
	const fault = (await t.throwsAsync(missing, {instanceOf: Fault})) as Fault<'bus-unreachable'>;
	t.is(fault.params.reason, 'ENOENT');
	const silent = connectBus({address: 'unixexec:path=/bin/true', isUsers: true});
	const closed = (await t.throwsAsync(silent, {instanceOf: Fault})) as Fault<'bus-unreachable'>;
	t.is(closed.params.reason, 'closed');
	const witness = path.join(daemon.dir, 'witness');
	const foreign = connectBus({address: `unixexec:path=/usr/bin/touch,argv1=${escapeAddressValue(witness)}`});
	const refused = (await t.throwsAsync(foreign, {instanceOf: Fault})) as Fault<'bus-unreachable'>;
	t.is(refused.params.reason, 'address-transport', 'an address that is not the user’s runs nothing');
	t.false(fs.existsSync(witness));
});

test('over TCP there is nobody to vouch for us: anonymously where that is allowed', async (t) => {
	const listen = ['tcp:host=127.0.0.1,port=0,family=ipv4'];
	const open = await startDaemon(t, {listen, more: anonymous});
	t.regex(await idOf(t, open.address), /^[0-9a-f]{32}$/);
	const strict = await startDaemon(t, {listen, more: '<auth>EXTERNAL</auth>'});
	const fault = await t.throwsAsync(connectBus({address: strict.address}), {instanceOf: Fault});
	t.is((fault as Fault<'bus-unreachable'>).params.reason, 'auth-rejected');
});

test('another daemon than the address says is not taken', async (t) => {
	const {dir} = await startDaemon(t, {});
	const address = `unix:path=${dir}/bus,guid=${'0'.repeat(32)}`;
	const fault = await t.throwsAsync(connectBus({address}), {instanceOf: Fault});
	t.is((fault as Fault<'bus-unreachable'>).params.reason, 'other-guid');
});
