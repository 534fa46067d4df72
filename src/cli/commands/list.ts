import {existsSync, readdirSync} from 'node:fs';
import path from 'node:path';
import {rememberedFile} from '../../checkpoint/state-dir.js';
import {escapeText} from '../../common/escape.js';
import {locateBus} from '../../dbus/address.js';
import {connectBus} from '../../dbus/calls.js';
import {takeCensus} from '../../dbus/census.js';
import {daemonPid} from '../../dbus/daemon-pid.js';
import {withForgottenPids} from '../../dbus/forgotten.js';
import {withHolders} from '../../dbus/holders.js';
import {type RememberedConnection, withRememberedPids} from '../../dbus/remembered.js';
import type {BusPeer} from '../../dbus/types.js';
import {messages} from '../../i18n/index.js';
import {readStat} from '../../kernel/proc-stat.js';
import type {CommandContext} from '../context.js';
import {jsonText} from '../json.js';
import {renderTable} from '../table.js';

/** A connection as `list` tells it. */
interface ListedPeer extends BusPeer {
	/** Its process is gone and somebody holds its connection. */
	frozen: boolean;
	/** The checkpoint that holds it, when it is one of ours. */
	checkpoint?: string;
}

/** All connections of the bus: a table fitted to the terminal, or one JSON document. */
export async function run(context: CommandContext, _options: Record<string, never>): Promise<number> {
	const bus = await connectBus(locateBus(context.bus, context.env, process.getuid?.() ?? 0));
	try {
		const [peers, [guid]] = await Promise.all([takeCensus(bus), bus.driver('GetId')]);
		const checkpoints = await ourCheckpoints(context.stateDir, String(guid));
		const daemon = await daemonPid(bus);
		const {remembered} = checkpoints;
		const known = withRememberedPids(withForgottenPids(peers, daemon, remembered), remembered);
		const connections = withHolders(known, daemon).map((peer) =>
			withFrozen(peer, checkpoints.frozen.get(peer.uniqueName)),
		);
		const {address} = bus;
		const text = context.json ? jsonText({ok: true, address, connections}) : table(connections, context);
		context.stdout.write(`${text}\n`);
		if (!context.json && connections.some(({matchRules}) => matchRules === null))
			context.stderr.write(`${messages().bus.list.untold}\n`);
		return 0;
	} finally {
		bus.close();
	}
}

/** A connection that lives without its process is held by somebody, if not by us. */
function withFrozen(peer: BusPeer, ours: Frozen | undefined): ListedPeer {
	if (ours) return {...peer, pid: ours.pid, comm: ours.comm, frozen: true, checkpoint: ours.name};
	const stat = peer.pid === undefined ? undefined : readStat(peer.pid);
	return {...peer, frozen: peer.pid !== undefined && (stat === undefined || stat.state === 'Z')};
}

interface Frozen {
	name: string;
	pid: number;
	comm: string;
}

/** What our checkpoints know of this bus: unique name → checkpoint. Loads nothing when there are none. */
async function ourCheckpoints(
	stateDir: string,
	guid: string,
): Promise<{frozen: Map<string, Frozen>; remembered: RememberedConnection[]}> {
	const frozen = new Map<string, Frozen>();
	const hasMemory = existsSync(path.join(stateDir, rememberedFile));
	if (isEmpty(path.join(stateDir, 'checkpoints')) && !hasMemory) return {frozen, remembered: []};
	const [{CheckpointStore}, {connectionsOn}, {isFrozen}, {rememberedConnections}, {pidHere}] =
		await Promise.all([
			import('../../checkpoint/store.js'),
			import('../../checkpoint/on-bus.js'),
			import('../../checkpoint/standing.js'),
			import('../../checkpoint/remembered.js'),
			import('../../checkpoint/numbers.js'),
		]);
	for (const {name, manifest} of new CheckpointStore(stateDir).list()) {
		if (manifest instanceof Error || !isFrozen(manifest)) continue;
		const pid = pidHere(manifest);
		const {comm} = manifest.target;
		for (const {uniqueName} of connectionsOn(manifest, guid)) frozen.set(uniqueName, {name, pid, comm});
	}
	return {frozen, remembered: rememberedConnections(stateDir, guid)};
}

function isEmpty(folder: string): boolean {
	try {
		return readdirSync(folder).length === 0;
	} catch {
		return true;
	}
}

function table(connections: readonly ListedPeer[], context: CommandContext): string {
	const {columns, yes, waits} = messages().bus.list;
	// Without systemd there are none.
	const hasUnits = connections.some(({unit}) => unit !== undefined);
	const rows = connections.map((peer) =>
		[
			peer.uniqueName,
			[...peer.names, ...peer.queued.map(waits)].join(' '),
			peer.pid?.toString() ?? '?',
			peer.uid?.toString() ?? '?',
			...(hasUnits ? [peer.unit ?? ''] : []),
			peer.command ?? peer.comm ?? '?',
			peer.matchRules?.length.toString() ?? '?',
			peer.queue?.messages.toString() ?? '?',
			peer.frozen ? (peer.checkpoint ?? yes) : '',
		].map(escapeText),
	);
	const layout = [
		{title: columns.uniqueName},
		{title: columns.names, least: 16},
		{title: columns.pid, align: 'right' as const},
		{title: columns.uid, align: 'right' as const},
		...(hasUnits ? [{title: messages().unit.column, least: 8}] : []),
		{title: columns.command, least: 10},
		{title: columns.rules, align: 'right' as const},
		{title: columns.queue, align: 'right' as const},
		{title: columns.frozen, least: 6},
	];
	return renderTable(layout, rows, context.stdout.isTTY ? context.stdout.columns : undefined);
}
