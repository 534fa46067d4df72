import {driver} from '../calls.js';
import {QueryError} from '../query/error.js';
import {type MatchRule, parseMatchRule} from '../query/match-rule.js';
import {Header} from '../wire/header.js';
import {encodeMessage} from '../wire/writer.js';
import type {SavedBus} from './saved.js';

export type Peers = SavedBus['peers'];

/** Any serial but 0; nobody answers a signal. */
const serial = 1;

/**
 * NameOwnerChanged signals that a service has missed while it had no connection: libraries keep in mind who owns
 * a name, and drop signals from others. Everybody who was there is gone, for unique names are new after a restart
 * of the daemon; then come the owners of now. Only what one of the service's rules asks for, as the daemon would.
 * @param own unique names, old and new, and well-known names of the service itself: it is not told of those.
 * @param isSameDaemon the daemon goes on, and so do those who are still there.
 */
export function missedOwnerChanges(
	before: Peers,
	now: Peers,
	rules: readonly string[],
	own: ReadonlySet<string>,
	isSameDaemon: boolean,
): Buffer[] {
	const parsed = rules.flatMap((rule) => parseKindly(rule));
	const owners = ownersIn(before);
	const present = ownersIn(now);
	const changes: Array<[name: string, from: string, to: string]> = [];
	for (const name of new Set([...owners.keys(), ...present.keys()])) {
		if (own.has(name) || name === driver.destination) continue;
		const from = owners.get(name) ?? '';
		const to = present.get(name) ?? '';
		// A unique name that a new daemon has given again means somebody else.
		const isOther = name.startsWith(':') && !isSameDaemon;
		if (from === to && !isOther) continue;
		if (from !== '') changes.push([name, from, '']);
		if (to !== '') changes.push([name, '', to]);
	}
	return changes.map(encode).filter((bytes) => isWanted(bytes, parsed));
}

function ownersIn(peers: Peers): Map<string, string> {
	const owners = new Map<string, string>();
	for (const {uniqueName, names} of peers) {
		owners.set(uniqueName, uniqueName);
		for (const name of names) owners.set(name, uniqueName);
	}
	return owners;
}

function encode(change: [string, string, string]): Buffer {
	return encodeMessage({
		type: 'signal',
		serial,
		flags: 1,
		path: driver.path,
		interface: driver.interface,
		member: 'NameOwnerChanged',
		sender: driver.destination,
		signature: 'sss',
		body: change,
	});
}

function isWanted(bytes: Buffer, rules: readonly MatchRule[]): boolean {
	const header = new Header().load(bytes, 0, bytes.length);
	return rules.some(({matches}) => matches(header, nobody));
}

/** The driver signs with its own name, so no rule needs to know who owns what. */
const nobody = {aliases: (name: string) => [name], owns: () => false, version: 0};

/** A rule that the daemon accepted and we cannot read asks for nothing here. */
function parseKindly(rule: string): MatchRule[] {
	try {
		return [parseMatchRule(rule)];
	} catch (error) {
		if (error instanceof QueryError) return [];
		throw error;
	}
}
