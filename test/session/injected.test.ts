import {openSync, readdirSync, readlinkSync, readSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {core, fdinfo, file, pstree} from '../../src/criu/images/schema.js';
import {encodeMessage} from '../../src/dbus/wire/writer.js';
import {closeFd, O_NONBLOCK, setStatusFlags, statusFlags} from '../../src/kernel/descriptor.js';
import {duplicateFd, openPidfd} from '../../src/kernel/pidfd.js';
import {SOL_SOCKET, SocketOption, setSocketOption} from '../../src/kernel/socket.js';
import {sendWithFds} from '../../src/kernel/socket-messages.js';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient, testBus} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {reaped, startResting} from '../support/criu.js';
import {editImage} from '../support/edit-image.js';
import {demoServices, startService} from '../support/services.js';

const {counter} = demoServices;

/** What the verdict says beyond what is expected: `path reason`, with the pid left out. */
function findings({verdict, pid}: ThawResult): string[] {
	return verdict.differences
		.filter((difference) => difference.class !== 'expected')
		.map(({path, reason}) => `${path.replace(`processes/${pid}/`, '').replace(`/${pid}:`, '/')} ${reason}`);
}

async function thawed(cli: Cli, checkpoint: string): Promise<ThawResult> {
	const {code, document} = await cli.json<ThawResult>('thaw', checkpoint);
	if (!document.ok) throw new Error(JSON.stringify(document));
	if (code === 0) throw new Error('preserved, although something was spoilt');
	return document;
}

/** Spoils the images of a tree with threads and descriptors of every kind, and thaws them. */
async function afterEditing(
	t: ExecutionContext,
	spoil: (images: string, pid: number, tids: number[]) => void,
): Promise<string[]> {
	const {pid, childPid, tids} = await startResting(t);
	const cli = new Cli(await testBus(t));
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', `pid:${pid}`);
	await reaped([pid, childPid]);
	spoil(join(checkpoint, 'images'), pid, tids);
	return findings(await thawed(cli, checkpoint));
}

test('a register in the image', async (t) => {
	let thread = 0;
	const found = await afterEditing(t, (images, pid, tids) => {
		thread = tids.find((tid) => tid !== pid) ?? 0;
		editImage(join(images, `core-${thread}.img`), 'core', core, ([entry]) => {
			// Any system call changes it, so that the program does not suffer.
			if (entry?.x86?.registers) entry.x86.registers.r11 = 0xdeadn;
			return undefined;
		});
	});
	t.deepEqual(found, [`threads/${thread}/registers/r11 image-edited`]);
});

test('one byte of memory in the image', async (t) => {
	const found = await afterEditing(t, (images) => {
		const name = readdirSync(images).find((one) => /^pages-\d+\.img$/.test(one)) ?? '';
		const pages = openSync(join(images, name), 'r+');
		const byte = Buffer.alloc(1);
		// The last page is of the stack's end: the names that the kernel put there at the start.
		readSync(pages, byte, 0, 1, 40);
		writeSync(pages, Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, 40);
		closeFd(pages);
	});
	t.is(found.length, 1);
	t.regex(found[0] ?? '', /^(?:processes\/\d+\/)?memory\/0x[0-9a-f]+ image-edited$/);
});

test('a descriptor lost', async (t) => {
	const found = await afterEditing(t, (images, pid) => {
		const [name = ''] = readdirSync(images).filter((one) => /^fdinfo-\d+\.img$/.test(one));
		editImage(join(images, name), 'fdinfo', fdinfo, (entries) => entries.filter(({fd}) => fd !== 0));
		t.true(pid > 0);
	});
	t.true(found.includes('fds/0 image-edited'), found.join('\n'));
	t.deepEqual(
		found.filter((one) => !one.startsWith('fds/0 ')),
		[],
	);
});

test('a thread lost', async (t) => {
	let thread = 0;
	const found = await afterEditing(t, (images, pid, tids) => {
		thread = tids.filter((tid) => tid !== pid).at(-1) ?? 0;
		editImage(join(images, 'pstree.img'), 'pstree', pstree, ([root]) => {
			if (root) root.threads = root.threads.filter((tid) => tid !== thread);
			return undefined;
		});
	});
	t.true(found.includes(`threads/${thread} image-edited`), found.join('\n'));
	t.deepEqual(
		found.filter((one) => !one.startsWith(`threads/${thread} `)),
		[],
	);
});

test('a file position in the image', async (t) => {
	const found = await afterEditing(t, (images) => {
		editImage(join(images, 'files.img'), 'files', file, (entries) => {
			for (const {regular} of entries) if (regular?.pos) regular.pos += 1n;
			return undefined;
		});
	});
	t.true(found.length > 0);
	t.true(
		found.every((one) => /fds\/\d+\/pos (?:image-edited|position-changed)$/.test(one)),
		found.join('\n'),
	);
	t.true(found.some((one) => one.endsWith(' image-edited')));
});

/** Does something to the bus connection of a frozen service, and thaws it. */
async function afterMeddling(
	t: ExecutionContext,
	meddle: (socket: number, client: TestClient) => Promise<void> | void,
): Promise<string[]> {
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const client = await TestClient.connect(t, bus);
	const {checkpoint, keeperPid, held} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const inode = held.find((end) => end.bus)?.inode;
	const socket = held && duplicateOf(keeperPid, `socket:[${inode}]`);
	try {
		await meddle(socket, client);
	} finally {
		closeFd(socket);
	}
	return findings(await thawed(cli, checkpoint));
}

/** The keeper's own duplicate of the service's socket. */
function duplicateOf(pid: number, target: string): number {
	const fd = readdirSync(`/proc/${pid}/fd`).find((one) => {
		try {
			return readlinkSync(`/proc/${pid}/fd/${one}`) === target;
		} catch {
			return false;
		}
	});
	const pidfd = openPidfd(pid);
	try {
		return duplicateFd(pidfd, Number(fd));
	} finally {
		closeFd(pidfd);
	}
}

/** As the service itself would ask the daemon. */
function ask(socket: number, member: string, signature: string, body: readonly (string | number)[]): void {
	const message = encodeMessage({
		type: 'call',
		serial: 0xf1000000,
		destination: 'org.freedesktop.DBus',
		path: '/org/freedesktop/DBus',
		interface: 'org.freedesktop.DBus',
		member,
		signature,
		body: [...body],
		// NO_REPLY_EXPECTED
		flags: 1,
	});
	sendWithFds(socket, message);
}

test('O_NONBLOCK flipped', async (t) => {
	const found = await afterMeddling(t, (socket) => {
		setStatusFlags(socket, statusFlags(socket) ^ O_NONBLOCK);
	});
	t.is(found.length, 1, found.join('\n'));
	t.regex(found[0] ?? '', /^fds\/\d+\/flags flags-changed$/);
});

test('a socket option changed', async (t) => {
	const found = await afterMeddling(t, (socket) => {
		setSocketOption(socket, SOL_SOCKET, SocketOption.keepAlive, 1);
	});
	t.is(found.length, 1, found.join('\n'));
	t.regex(found[0] ?? '', /^fds\/\d+\/socket\/options\/SO_KEEPALIVE socket-option-changed$/);
});

test('a match rule dropped', async (t) => {
	const found = await afterMeddling(t, (socket) => {
		ask(socket, 'RemoveMatch', 's', ["type='signal',interface='org.dbusfreeze.Demo.Control',member='Bump'"]);
	});
	t.is(found.length, 1, found.join('\n'));
	t.regex(found[0] ?? '', /^connections\/.*\/matchRules rule-lost$/);
});

test('a name taken by another', async (t) => {
	const found = await afterMeddling(t, async (socket, client) => {
		ask(socket, 'ReleaseName', 's', [counter.name]);
		// 1: primary owner.
		while ((await client.daemon('RequestName', 'su', [counter.name, 4])) !== 1);
	});
	t.is(found.length, 1, found.join('\n'));
	t.regex(found[0] ?? '', new RegExp(`^connections/.*/names/${counter.name} name-lost$`));
});
