import {readText} from '../process/read.js';
import {type UnitFacts, unitOf} from '../process/unit.js';
import {type Bus, BusError, driver} from './calls.js';
import type {BusPeer} from './types.js';
import type {Value, Variant} from './wire/reader.js';

const statsInterface = 'org.freedesktop.DBus.Debug.Stats';

export interface Census {
	/** Ordered by connecting; without the daemon itself and without us. */
	peers: BusPeer[];
	/** Well-known name → unique names of its owner and of those who wait for it, in order. */
	queues: Map<string, string[]>;
}

export interface CensusOptions {
	/** Unique names to leave out: our own other connections. */
	hidden?: ReadonlySet<string> | undefined;
	/**
	 * What is known of each unique name already; a repeated census adds to this. Credentials never change, so they
	 * are not asked for again; the command is looked up anew, and kept while the process is frozen and thus gone.
	 */
	known?: Map<string, KnownPeer>;
}

export interface KnownPeer extends PeerCredentials, UnitFacts {
	comm?: string;
	command?: string;
}

export interface PeerCredentials {
	pid?: number;
	uid?: number;
}

/** Everybody on the bus. See `surveyBus`. */
export async function takeCensus(bus: Bus, options: CensusOptions = {}): Promise<BusPeer[]> {
	return (await surveyBus(bus, options)).peers;
}

/**
 * Asks the daemon for every connection and name. All questions of a round go out at once; a connection that
 * leaves meanwhile is left out or keeps what was learnt. Rejects with BusError when the bus itself goes.
 */
export async function surveyBus(bus: Bus, options: CensusOptions = {}): Promise<Census> {
	const [listed, rulesOf] = await Promise.all([bus.driver('ListNames'), allMatchRules(bus)]);
	const all = (listed[0] as string[]).filter((name) => name !== driver.destination);
	const uniqueNames = all
		.filter((name) => name.startsWith(':') && name !== bus.uniqueName && !options.hidden?.has(name))
		.sort((a, b) => order(a) - order(b));
	const wellKnown = all.filter((name) => !name.startsWith(':')).sort();

	const hasStats = rulesOf !== undefined;
	const [owners, peers] = await Promise.all([
		Promise.all(wellKnown.map((name) => ownersOf(bus, name))),
		Promise.all(uniqueNames.map((name) => describePeer(bus, name, hasStats, options.known))),
	]);
	const queues = new Map(wellKnown.map((name, index) => [name, owners[index] ?? []]));
	for (const peer of peers) {
		peer.names = wellKnown.filter((name) => queues.get(name)?.[0] === peer.uniqueName);
		peer.queued = wellKnown.filter((name) => (queues.get(name)?.indexOf(peer.uniqueName) ?? -1) > 0);
		peer.matchRules = rulesOf === undefined ? null : (rulesOf.get(peer.uniqueName) ?? []);
	}
	return {peers, queues};
}

/** Owner first, then the queue. Empty when nobody owns the name any more. */
export async function ownersOf(bus: Bus, name: string): Promise<string[]> {
	const queue = await answer(bus.driver('ListQueuedOwners', 's', [name]));
	if (queue !== undefined) return queue[0] as string[];
	const owner = await answer(bus.driver('GetNameOwner', 's', [name]));
	return owner === undefined ? [] : [String(owner[0])];
}

/** Undefined parts: the daemon does not know, e.g. because the connecting process was replaced by a restore. */
export async function credentialsOf(bus: Bus, uniqueName: string): Promise<PeerCredentials> {
	const reply = await answer(bus.driver('GetConnectionCredentials', 's', [uniqueName]));
	if (reply !== undefined) {
		const facts = reply[0] as Map<string, Variant>;
		return credentials(facts.get('ProcessID')?.value, facts.get('UnixUserID')?.value);
	}
	const [pid, uid] = await Promise.all([
		answer(bus.driver('GetConnectionUnixProcessID', 's', [uniqueName])),
		answer(bus.driver('GetConnectionUnixUser', 's', [uniqueName])),
	]);
	return credentials(pid?.[0], uid?.[0]);
}

/** Name, command line and unit of a process, unescaped; empty when it is gone. */
export function commandOf(pid: number): {comm?: string; command?: string} & UnitFacts {
	const comm = readText(`/proc/${pid}/comm`)?.trimEnd();
	if (comm === undefined) return {};
	const command = readText(`/proc/${pid}/cmdline`)?.replace(/\0+$/, '').replaceAll('\0', ' ');
	return {comm, ...(command ? {command} : {}), ...unitOf(pid)};
}

async function describePeer(
	bus: Bus,
	uniqueName: string,
	hasStats: boolean,
	known: Map<string, KnownPeer> | undefined,
): Promise<BusPeer> {
	const [before, queue] = await Promise.all([
		known?.get(uniqueName) ?? credentialsOf(bus, uniqueName),
		hasStats ? outgoingQueue(bus, uniqueName) : undefined,
	]);
	const who: KnownPeer = {...before, ...(before.pid === undefined ? {} : commandOf(before.pid))};
	known?.set(uniqueName, who);
	return {
		uniqueName,
		names: [],
		queued: [],
		matchRules: null,
		...who,
		...(queue === undefined ? {} : {queue}),
	};
}

/** Unique name → its rules. Undefined where the daemon has no Debug.Stats, or not for us. */
async function allMatchRules(bus: Bus): Promise<Map<string, string[]> | undefined> {
	const reply = await answer(bus.call({...driver, interface: statsInterface, member: 'GetAllMatchRules'}));
	return reply?.[0] as Map<string, string[]> | undefined;
}

/** What waits in the daemon for this connection to read it. */
async function outgoingQueue(
	bus: Bus,
	uniqueName: string,
): Promise<{messages: number; bytes: number} | undefined> {
	const reply = await answer(
		bus.call({
			...driver,
			interface: statsInterface,
			member: 'GetConnectionStats',
			signature: 's',
			body: [uniqueName],
		}),
	);
	const stats = reply?.[0] as Map<string, Variant> | undefined;
	const messages = stats?.get('OutgoingMessages')?.value;
	const bytes = stats?.get('OutgoingBytes')?.value;
	return typeof messages === 'number' && typeof bytes === 'number' ? {messages, bytes} : undefined;
}

/** An error reply is an answer too: this daemon cannot or may not tell, or the connection has left. */
async function answer(reply: Promise<Value[]>): Promise<Value[] | undefined> {
	try {
		return await reply;
	} catch (error) {
		if (error instanceof BusError && !error.isOurs) return undefined;
		throw error;
	}
}

function credentials(pid: Value | undefined, uid: Value | undefined): PeerCredentials {
	return {...(typeof pid === 'number' ? {pid} : {}), ...(typeof uid === 'number' ? {uid} : {})};
}

/** `:1.42` → 42: the daemon counts up. */
function order(uniqueName: string): number {
	return Number(uniqueName.slice(uniqueName.lastIndexOf('.') + 1));
}
