import fs from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {connectBus} from '../../src/dbus/calls.js';
import {takeCensus} from '../../src/dbus/census.js';
import type {PrivateBus} from '../../src/dbus/private-bus.js';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {TestClient} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {demoServices, startService} from '../support/services.js';

const {counter, ledger, gauge, notes} = demoServices;

/** What must hold on every bus, whatever its daemon. `rounds`: cycles in a row on one process. */
export function freezeThawTests(
	daemon: string,
	startBus: (t: ExecutionContext) => Promise<PrivateBus>,
	rounds: number,
): void {
	for (const service of [counter, ledger, gauge, notes]) {
		test(`${daemon}, ${service.library}: frozen, its name stays, calls and signals wait and are handled once`, async (t) => {
			const bus = await startBus(t);
			const {pid, logPath} = await startService(bus, service);
			const cli = new Cli(bus);
			const client = await TestClient.connect(t, bus);
			const owner = (await client.owner(service.name)) ?? 'nobody';
			t.is(await client.add(service, 7), 7);

			const frozen = await cli.ok<FreezeResult>(t, 'freeze', service.name);
			t.is(frozen.pid, pid);
			t.is(frozen.uniqueName, owner);
			t.deepEqual(frozen.names, [service.name]);
			t.false(fs.existsSync(`/proc/${pid}`), 'the process is gone');
			t.is(await client.owner(service.name), owner, 'the name is still owned by the same connection');
			t.true(frozen.imageBytes > 10_000);
			t.deepEqual(
				frozen.stages.map((stage) => stage.name),
				['snapshot', 'hold', 'pre-dump', 'post-dump'],
			);

			client.bump(100);
			const answers: number[] = [];
			const calls = [1, 10].map(async (amount) => answers.push(await client.add(service, amount)));
			await client.daemon('GetId');
			await delay(100);
			t.deepEqual(answers, [], 'nobody answers while it is frozen');

			const thawed = await cli.ok<ThawResult>(t, 'thaw', frozen.checkpoint);
			await Promise.all(calls);
			t.deepEqual(answers, [108, 118], 'the signal and each call arrived once, in order');
			t.is(await client.get(service), 118);
			t.is(await client.who(service), owner, 'the service itself sees its old unique name');
			t.is(thawed.mode, 'held');
			t.is(thawed.pid, pid);
			t.deepEqual(thawed.uniqueName, {before: owner, after: owner});
			t.deepEqual(thawed.names, [service.name]);
			t.true(thawed.verdict.preserved, JSON.stringify(thawed.verdict));
			t.notRegex(fs.readFileSync(logPath, 'utf8'), /disconnected/);
		});

		test(`${daemon}, ${service.library}: ${rounds} cycles in a row on the same process`, async (t) => {
			const bus = await startBus(t);
			const {pid} = await startService(bus, service);
			const cli = new Cli(bus);
			const client = await TestClient.connect(t, bus);
			const owner = (await client.owner(service.name)) ?? 'nobody';
			const rulesBefore = await matchRules(bus, owner);
			for (let round = 1; round <= rounds; round++) {
				const {pid: same, verdict, uniqueName} = await cli.ok<ThawResult>(t, 'cycle', service.name);
				t.is(same, pid);
				t.true(verdict.preserved, `round ${round}: ${JSON.stringify(verdict)}`);
				t.is(uniqueName.after, owner);
				t.is(await client.add(service, 1), round);
			}
			t.deepEqual(await matchRules(bus, owner), rulesBefore);
			t.not(rulesBefore?.length, 0);
		});
	}
}

/** null: this daemon does not tell. */
async function matchRules(bus: PrivateBus, owner: string): Promise<string[] | null | undefined> {
	const ours = await connectBus(bus);
	try {
		return (await takeCensus(ours)).find(({uniqueName}) => uniqueName === owner)?.matchRules;
	} finally {
		ours.close();
	}
}
