import {setTimeout as delay} from 'node:timers/promises';
import {escapeText} from '../../common/escape.js';
import type {Moment, Snapshot} from '../../context/model.js';
import {type Bus, connectBus} from '../../dbus/calls.js';
import {type DemoService, demoServices} from '../../dbus/demo-services.js';
import type {PrivateBus} from '../../dbus/private-bus.js';
import {startService} from '../../dbus/start-service.js';
import {messages} from '../../i18n/index.js';
import type {KeeperClient} from '../../keeper/client.js';
import type {FreezeResult, StageTime, ThawResult} from '../../session/events.js';
import {begin} from '../begin.js';
import type {CommandContext} from '../context.js';
import {describeVerdict} from '../describe.js';
import {printJson} from '../report.js';
import {placeRows} from './places.js';

/** How long the demo leaves its service frozen, so that a reader sees a call wait: milliseconds. */
const frozenMs = 1000;

/** Plays the whole story without a terminal. Exit code 0 only if connection and context were preserved. */
export async function tellStory(context: CommandContext, bus: PrivateBus): Promise<number> {
	const text = messages().cli.demo;
	const tell = (line: string) => {
		if (!context.json) context.stdout.write(`${escapeText(line)}\n`);
	};
	const {counter, ledger, gauge, notes} = demoServices;
	tell(text.starting);
	await Promise.all([counter, ledger, gauge, notes].map((service) => startService(bus, service)));
	const client = await connectBus({address: bus.address});
	tell(text.bus(bus.address));
	const before = await owner(client, counter);
	tell(text.owner(counter.name, before));
	tell(text.answered(await add(client, counter, 41)));

	const begun = await begin(context, counter.name, {
		stepping: false,
		portable: false,
		leaveRunning: false,
		policy: 'queue',
	});
	tell('');
	tell(text.freezing(counter.name, begun.options.pid));
	const frozen = await begun.client.freeze(begun.options);
	for (const stage of frozen.stages) tell(stageLine(stage));
	tell(text.gone(frozen.pid, (frozen.imageBytes / 1e6).toFixed(1)));
	tell(text.stillOwner(counter.name, await owner(client, counter)));
	bump(client, 100);
	const waited = callThatWaits(client, counter);
	await delay(frozenMs);
	tell(waited.answer === undefined ? text.waits : text.doesNotWait);

	tell('');
	tell(text.thawing);
	const thawed = await begun.client.thaw({stepping: false, leaveStopped: false});
	for (const stage of thawed.stages) tell(stageLine(stage));
	const answer = await waited.answered;
	tell(text.waitedFor(answer, waited.milliseconds().toFixed(0)));
	const after = await owner(client, counter);
	tell(text.owner(counter.name, after));

	tell('');
	tell(text.places);
	const snapshots = await snapshotsOf(begun.client);
	for (const row of placeRows(snapshots)) tell(row);
	tell('');
	for (const line of describeVerdict(thawed.verdict)) tell(line);
	begun.client.close();
	client.close();
	// 41, 100 by the signal that waited, 1 by the call that waited: each exactly once and in this order.
	const ok = before === after && answer === 142 && thawed.verdict.preserved;
	if (context.json) printStory(context, ok, frozen, thawed, answer);
	return ok ? 0 : 1;
}

function printStory(
	context: CommandContext,
	ok: boolean,
	frozen: FreezeResult,
	thawed: ThawResult,
	answer: number,
): void {
	printJson(context, {...thawed, ok, freeze: frozen, answer});
}

function stageLine({name, ms}: StageTime): string {
	return messages().cli.stage(name, ms.toFixed(1));
}

async function owner(client: Bus, {name}: DemoService): Promise<string> {
	const [uniqueName] = await client.driver('GetNameOwner', 's', [name]);
	return String(uniqueName);
}

async function add(client: Bus, {name, path}: DemoService, amount: number): Promise<number> {
	const [value] = await client.call({
		destination: name,
		path,
		interface: name,
		member: 'Add',
		signature: 'i',
		body: [amount],
	});
	return Number(value);
}

/** The signal that every demo service listens to; it waits for the frozen one as calls do. */
function bump(client: Bus, amount: number): void {
	client.emit({
		path: '/org/dbusfreeze/Demo/Control',
		interface: 'org.dbusfreeze.Demo.Control',
		member: 'Bump',
		signature: 'i',
		body: [amount],
	});
}

function callThatWaits(client: Bus, service: DemoService) {
	const start = performance.now();
	let end = start;
	const call = {
		answer: undefined as number | undefined,
		answered: add(client, service, 1).then((value) => {
			end = performance.now();
			call.answer = value;
			return value;
		}),
		milliseconds: () => end - start,
	};
	return call;
}

async function snapshotsOf(client: KeeperClient): Promise<Partial<Record<Moment, Snapshot>>> {
	const snapshots: Partial<Record<Moment, Snapshot>> = {};
	for (const moment of ['before', 'image', 'pre-resume', 'after'] as const) {
		const snapshot = await client.snapshot(moment);
		if (snapshot) snapshots[moment] = snapshot;
	}
	return snapshots;
}
