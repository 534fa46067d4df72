import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import readline from 'node:readline';
import test, {type ExecutionContext} from 'ava';
import type {PrivateBus} from '../../src/dbus/private-bus.js';
import type {FreezeResult, SessionEvent, ThawResult} from '../../src/session/events.js';
import {TestClient, until} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {demoServices, startService} from '../support/services.js';

const {counter, gauge} = demoServices;
const freezeStages = ['snapshot', 'hold', 'pre-dump', 'post-dump'];

/** What must hold on every bus, whatever its daemon. */
export function abortTests(daemon: string, startBus: (t: ExecutionContext) => Promise<PrivateBus>): void {
	for (const [index, stage] of freezeStages.entries()) {
		test(`${daemon}, freeze aborted at ${stage}: the service answers, nothing is left`, async (t) => {
			const bus = await startBus(t);
			const {pid} = await startService(bus, counter);
			const cli = new Cli(bus);
			const client = await TestClient.connect(t, bus);
			const {code, stderr} = await cli.run(['freeze', '--step', counter.name], `${'n\n'.repeat(index)}a\n`);
			t.is(code, 130, stderr);
			t.regex(stderr, new RegExp(`aborted as you asked.*${stage}`));
			t.regex(stderr, /running as before/);
			t.is(await client.add(counter, 3), 3);
			t.true(fs.existsSync(`/proc/${pid}`));
			t.deepEqual(await cli.ok(t, 'checkpoints'), {ok: true, checkpoints: []});
			const {verdict} = await cli.ok<ThawResult>(t, 'cycle', counter.name);
			t.true(verdict.preserved, 'and it can be frozen afterwards');
		});

		test(`${daemon}, the front end is killed at ${stage}: the service answers`, async (t) => {
			const bus = await startBus(t);
			await startService(bus, counter);
			const cli = new Cli(bus);
			const client = await TestClient.connect(t, bus);
			const child = cli.start('--json', 'freeze', '--step', counter.name);
			await stepTo(child, stage);
			child.kill('SIGKILL');
			await once(child, 'close');
			t.is(await client.add(counter, 3), 3);
			const {verdict} = await cli.ok<ThawResult>(t, 'cycle', counter.name);
			t.true(verdict.preserved, 'and it can be frozen afterwards');
		});
	}

	for (const stage of ['pre-restore', 'post-restore']) {
		test(`${daemon}, thaw aborted at ${stage}: still frozen, and the next thaw works`, async (t) => {
			const bus = await startBus(t);
			await startService(bus, gauge);
			const cli = new Cli(bus);
			const client = await TestClient.connect(t, bus);
			const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', gauge.name);
			const answered = client.add(gauge, 4);
			const child = cli.start('thaw', '--step', checkpoint);
			let said = '';
			child.stderr?.on('data', (data) => {
				said += data;
				if (/\? $/.test(said))
					child.stdin?.write(said.trimEnd().split('\n').at(-1)?.includes(stage) ? 'a\n' : 'n\n');
			});
			const [code] = await once(child, 'close');
			t.is(code, 130, said);
			t.regex(said, /is frozen and can be thawed/);
			const {verdict} = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
			t.true(verdict.preserved);
			t.is(await answered, 4);
		});

		test(`${daemon}, the front end is killed at ${stage}: still frozen, and the next thaw works`, async (t) => {
			const bus = await startBus(t);
			await startService(bus, gauge);
			const cli = new Cli(bus);
			const client = await TestClient.connect(t, bus);
			const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', gauge.name);
			const child = cli.start('--json', 'thaw', '--step', checkpoint);
			await stepTo(child, stage);
			child.kill('SIGKILL');
			await once(child, 'close');
			const answered = client.add(gauge, 4);
			await until(() => stateOf(checkpoint) === 'frozen', 'frozen again');
			const {verdict} = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
			t.true(verdict.preserved);
			t.is(await answered, 4);
		});
	}
}

/** Answers `next` until the program waits at `stage`. Returns the checkpoint's folder. */
export async function stepTo(child: ChildProcess, stage: string): Promise<string> {
	if (!child.stdout) throw new Error('no pipe');
	let checkpoint = '';
	for await (const line of readline.createInterface({input: child.stdout})) {
		const event = JSON.parse(line) as SessionEvent;
		if (event.type === 'started') checkpoint = event.checkpoint;
		if (event.type !== 'stage-reached' || !event.gate) continue;
		if (event.stage === stage) return checkpoint;
		child.stdin?.write('n\n');
	}
	throw new Error(`it ended before ${stage}`);
}

export function stateOf(checkpoint: string): string {
	return (JSON.parse(fs.readFileSync(`${checkpoint}/manifest.json`, 'utf8')) as {state: string}).state;
}
