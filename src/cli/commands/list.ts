import {existsSync, readdirSync} from 'node:fs';
import path from 'node:path';
import {escapeText} from '../../common/escape.js';
import {locateBus} from '../../dbus/address.js';
import {connectBus} from '../../dbus/calls.js';
import {takeCensus} from '../../dbus/census.js';
import type {BusPeer} from '../../dbus/types.js';
import {messages} from '../../i18n/index.js';
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
		const peers = await takeCensus(bus);
		const checkpoints = await frozenHere(context.stateDir);
		const connections = peers.map((peer) => withFrozen(peer, checkpoints));
		const {address} = bus;
		const text = context.json ? jsonText({ok: true, address, connections}) : table(connections, context);
		context.stdout.write(`${text}\n`);
		return 0;
	} finally {
		bus.close();
	}
}

/** A connection that lives without its process is held by somebody: frozen. */
function withFrozen(peer: BusPeer, checkpoints: ReadonlyMap<string, string>): ListedPeer {
	const checkpoint = checkpoints.get(holdKey(peer.uniqueName, peer.names));
	const isProcessGone = peer.pid !== undefined && !existsSync(`/proc/${peer.pid}`);
	const frozen = isProcessGone || (peer.pid === undefined && checkpoint !== undefined);
	return {...peer, frozen, ...(frozen && checkpoint !== undefined ? {checkpoint} : {})};
}

/** Unique name and names → checkpoint, for those that are frozen now. Reads nothing when there are none. */
async function frozenHere(stateDir: string): Promise<Map<string, string>> {
	const frozen = new Map<string, string>();
	if (isEmpty(path.join(stateDir, 'checkpoints'))) return frozen;
	const {CheckpointStore} = await import('../../checkpoint/store.js');
	for (const {name, manifest} of new CheckpointStore(stateDir).list()) {
		if (manifest instanceof Error || manifest.state !== 'frozen') continue;
		for (const {uniqueName, names} of manifest.connections) {
			const owned = names.filter(({position}) => position === 0).map((each) => each.name);
			frozen.set(holdKey(uniqueName, owned), name);
		}
	}
	return frozen;
}

/** A unique name alone says little: every bus has a `:1.7`. */
function holdKey(uniqueName: string, names: readonly string[]): string {
	return [uniqueName, ...[...names].sort()].join(' ');
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
	const rows = connections.map((peer) =>
		[
			peer.uniqueName,
			[...peer.names, ...peer.queued.map(waits)].join(' '),
			peer.pid?.toString() ?? '?',
			peer.uid?.toString() ?? '?',
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
		{title: columns.command, least: 10},
		{title: columns.rules, align: 'right' as const},
		{title: columns.queue, align: 'right' as const},
		{title: columns.frozen, least: 6},
	];
	return renderTable(layout, rows, context.stdout.isTTY ? context.stdout.columns : undefined);
}
