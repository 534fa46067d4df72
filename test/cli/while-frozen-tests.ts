import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import type {DemoService} from '../../src/dbus/demo-services.js';
import type {WaitingPage} from '../../src/dbus/held/service.js';
import type {PrivateBus} from '../../src/dbus/private-bus.js';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient, until} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {compile, flagsOf} from '../support/compile.js';
import {client, ownerChanges, startWatcher, tick, watcherName} from '../support/refusing.js';
import {demoServices, startProgram, startService} from '../support/services.js';

const {counter, ledger, gauge, notes} = demoServices;
const frozenError = 'io.github.dbusfreeze.Error.Frozen';

/** Name and text of the error that a call ends with. */
export async function errorOf(call: Promise<unknown>): Promise<{type: string; text: string}> {
	try {
		await call;
		return {type: 'none', text: ''};
	} catch (error) {
		const {type = '', text = ''} = error as {type?: string; text?: string};
		return {type, text};
	}
}

function callUnique(caller: TestClient, uniqueName: string, service: DemoService): Promise<unknown> {
	return caller.call(uniqueName, service.path, 'Get', '', [], service.name);
}

/** What must hold on every bus, whatever its daemon. */
export function whileFrozenTests(
	daemon: string,
	startBus: (t: ExecutionContext) => Promise<PrivateBus>,
): void {
	for (const service of [counter, ledger, gauge, notes]) {
		test(`${daemon}, ${service.library}: refused while frozen, by name and by unique name; signals are kept`, async (t) => {
			const bus = await startBus(t);
			await startService(bus, service);
			const cli = new Cli(bus);
			const caller = await TestClient.connect(t, bus);
			const owner = (await caller.owner(service.name)) ?? '';
			const changed = await caller.watch(`member='NameOwnerChanged',arg0='${service.name}'`);
			t.is(await caller.add(service, 7), 7);

			const {checkpoint, pid, warnings} = await cli.ok<FreezeResult>(
				t,
				'freeze',
				service.name,
				'--while-frozen',
				'refuse',
			);
			t.deepEqual(
				warnings.filter(({warning}) => warning !== 'not-reaped'),
				[],
			);
			const [, from, standIn] = (await changed(({body}) => body[0] === service.name)).body as string[];
			t.is(from, owner, 'the daemon itself told of the freeze');
			t.is(await caller.owner(service.name), standIn);
			for (const call of [caller.get(service), callUnique(caller, owner, service)]) {
				const {type, text} = await errorOf(call);
				t.is(type, frozenError);
				t.true(text.includes(service.name) && text.includes(`pid ${pid}`) && text.includes(checkpoint), text);
			}
			caller.bump(100);
			caller.bump(10);
			await caller.daemon('GetId');

			const thawed = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
			t.true(thawed.verdict.preserved, JSON.stringify(thawed.verdict));
			const back = await changed(({body}) => body[0] === service.name);
			t.deepEqual(back.body, [service.name, standIn, owner], 'and of the thaw; nobody else in between');
			t.is(await caller.get(service), 117, 'the signals came after the thaw');
			t.is(await caller.who(service), owner);
		});
	}

	test(`${daemon}: a service that quits when it loses its name sees nothing of it`, async (t) => {
		const bus = await startBus(t);
		const watcher = await startWatcher(t, bus);
		const caller = await client(t, bus);
		const changes = await ownerChanges(caller, watcherName);
		const cli = new Cli(bus);
		const said = watcher.lines().length;
		const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', watcherName, '--while-frozen', 'refuse');
		tick(caller, 1);
		await caller.driver('GetId');
		await cli.ok<ThawResult>(t, 'thaw', checkpoint);
		tick(caller, 2);
		await until(() => watcher.lines().includes('tick 2'), 'it hears what comes after the thaw');
		const lines = watcher.lines().slice(said);
		t.deepEqual(
			lines.filter((line) => line.startsWith('tick')),
			['tick 1', 'tick 2'],
		);
		t.false(
			lines.some((line) => line.includes(watcherName)),
			lines.join('\n'),
		);
		t.is(changes.length, 2);
	});

	test(`${daemon}: the policy of a frozen service can be changed, and what waits can be listed`, async (t) => {
		const bus = await startBus(t);
		await startService(bus, counter);
		const cli = new Cli(bus);
		const caller = await TestClient.connect(t, bus);
		const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
		const waits = caller.add(counter, 1);
		await caller.daemon('GetId');
		const listed = await cli.ok<WaitingPage>(t, 'waiting', checkpoint);
		t.is(listed.total, 1);
		t.like(listed.messages[0], {
			type: 'call',
			member: 'Add',
			interface: counter.name,
			sender: caller.uniqueName,
		});

		const refused = errorOf(waits);
		await cli.ok(t, 'policy', checkpoint, 'refuse');
		// Of dbus-broker all that comes is soon stashed, and what is stashed waits for the thaw.
		const stashed = (await cli.ok<WaitingPage>(t, 'waiting', checkpoint)).total;
		t.true(stashed === 0 || daemon === 'dbus-broker');
		if (!stashed)
			t.is((await refused).type, frozenError, 'a call that waited in the socket is refused now, too');
		t.is((await errorOf(caller.get(counter))).type, frozenError);

		await cli.ok(t, 'policy', checkpoint, 'queue');
		const answers: number[] = [];
		const calls = [1, 10].map(async (amount) => answers.push(await caller.add(counter, amount)));
		caller.bump(100);
		await caller.daemon('GetId');
		await delay(50);
		t.deepEqual(answers, []);
		t.is((await cli.ok<WaitingPage>(t, 'waiting', checkpoint)).total, 3 + stashed);
		await cli.ok<ThawResult>(t, 'thaw', checkpoint);
		await Promise.all(calls);
		t.deepEqual(answers, [1 + stashed, 11 + stashed]);
		t.is(await caller.get(counter), 111 + stashed);
		if (stashed) t.is((await refused).type, 'none');
	});

	test(`${daemon}: a thaw that is aborted goes on refusing, and keeps what it had`, async (t) => {
		const bus = await startBus(t);
		await startService(bus, ledger);
		const cli = new Cli(bus);
		const caller = await TestClient.connect(t, bus);
		const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', ledger.name, '--while-frozen', 'refuse');
		caller.bump(1);
		for (const answers of ['a\n', 'n\na\n']) {
			const {code} = await cli.run(['thaw', checkpoint, '--step'], answers);
			t.is(code, 130);
			t.is((await errorOf(caller.get(ledger))).type, frozenError);
		}
		await cli.ok<ThawResult>(t, 'thaw', checkpoint);
		t.is(await caller.get(ledger), 1);
	});

	test(`${daemon}: messages with descriptors that wait when it is frozen, and those that come later, arrive with them`, async (t) => {
		const bus = await startBus(t);
		const source = path.join(import.meta.dirname, '../dbus/programs/numbered-fds.c');
		const program = compile(t, source, flagsOf('dbus-1'));
		const {pid, logPath} = startProgram(bus, [program, 'receive', '60'], {logName: 'receiver'});
		const lines = () => fs.readFileSync(logPath, 'utf8').trim().split('\n');
		await until(() => lines().includes('ready'), 'it is ready');
		process.kill(pid, 'SIGSTOP');
		const send = () =>
			execFileSync(program, ['send', '30'], {env: {...process.env, ...bus.env}, timeout: 30_000});
		send();
		const cli = new Cli(bus);
		const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', `pid:${pid}`);
		send();
		const {messages} = await cli.ok<WaitingPage>(t, 'waiting', checkpoint);
		t.is(messages[0]?.member, 'Numbered');
		await cli.ok<ThawResult>(t, 'thaw', checkpoint);
		process.kill(pid, 'SIGCONT');
		await until(() => lines().length > 60, 'all have arrived');
		const expected = Array.from({length: 60}, (_, index) => `${index % 30} ${index % 30}`);
		t.deepEqual(lines(), ['ready', ...expected]);
	});
}
