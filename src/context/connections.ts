import type {ConnectionSnapshot, Snapshot} from './model.js';
import {isFrozen} from './normalise.js';
import {note, type Pair, processIn} from './pair.js';

/**
 * The bus connection must be the same one: same unique name, names, match rules. The daemon changes names and
 * rules only on the connection's own request, so what is added was added by the program; what is lost is not.
 */
export function compareConnections(pair: Pair): void {
	// Nobody asks the bus at the frozen moments, nor at stages; an empty list there says nothing.
	if (isSilent(pair.before) || isSilent(pair.after)) {
		return;
	}
	const later = new Set(pair.after.connections);
	for (const connection of pair.before.connections) {
		const path = `connections/${connection.pid}:${connection.fd}`;
		const match = [...later].find((other) => other.pid === connection.pid && other.fd === connection.fd);
		if (match === undefined) {
			note(pair, path, [connection.uniqueName, null], 'broken', 'lost', {what: 'connection'});
			continue;
		}
		later.delete(match);
		compareConnection(pair, path, connection, match);
	}
	for (const {pid, fd, uniqueName} of later) {
		note(pair, `connections/${pid}:${fd}`, [null, uniqueName], 'expected', 'added-after', {
			what: 'connection',
		});
	}
}

function isSilent({moment, connections}: Snapshot): boolean {
	return (isFrozen(moment) || moment.startsWith('at-')) && connections.length === 0;
}

function compareConnection(
	pair: Pair,
	path: string,
	before: ConnectionSnapshot,
	after: ConnectionSnapshot,
): void {
	const isNew = after.reconnectedFrom?.uniqueName === before.uniqueName;
	if (before.uniqueName !== after.uniqueName) {
		const values = [before.uniqueName, after.uniqueName] as const;
		if (isNew) note(pair, `${path}/uniqueName`, values, 'expected', 'reconnected', {});
		else note(pair, `${path}/uniqueName`, values, 'broken', 'unique-name-changed', {});
	}
	if (before.inode !== after.inode && !isNew) {
		note(pair, `${path}/inode`, [before.inode, after.inode], 'broken', 'held-inode-changed', {});
	}
	compareNames(pair, `${path}/names`, before, after);
	compareRules(pair, `${path}/matchRules`, before.matchRules, after.matchRules);
	compareCredentials(pair, `${path}/credentials`, before, after);
	noteAnswer(pair, `${path}/answer`, before, after);
}

/**
 * A restored process is only one that works when it takes what it is sent. That it answers is no rule: there are
 * programs that leave calls which they do not know unanswered, and clients that never look at what they are sent.
 */
function noteAnswer(
	pair: Pair,
	path: string,
	before: ConnectionSnapshot,
	{answer}: ConnectionSnapshot,
): void {
	const values = [null, answer] as const;
	const isService = before.names.length > 0;
	if (answer === 'silent') note(pair, path, values, isService ? 'changed' : 'expected', 'silent', {});
	if (answer === 'reads') note(pair, path, values, 'expected', 'reads-without-answer', {});
	if (answer === 'denied') note(pair, path, values, 'expected', 'ping-denied', {});
}

function compareNames(pair: Pair, path: string, before: ConnectionSnapshot, after: ConnectionSnapshot): void {
	const later = new Map(after.names.map(({name, position}) => [name, position]));
	for (const {name, position} of before.names) {
		const now = later.get(name);
		later.delete(name);
		const values = [position, now] as const;
		if (now === undefined) {
			note(pair, `${path}/${name}`, values, 'broken', 'name-lost', {name});
		} else if (now > position) {
			note(pair, `${path}/${name}`, values, 'changed', 'name-demoted', {name, position: now});
		} else if (now < position) {
			note(pair, `${path}/${name}`, values, 'expected', 'name-promoted', {name});
		}
	}
	for (const [name, position] of later) {
		note(pair, `${path}/${name}`, [null, position], 'expected', 'name-added', {name});
	}
}

/** Rules as a multiset: a connection may hold the same rule twice, and their order means nothing. */
function compareRules(pair: Pair, path: string, before: string[] | null, after: string[] | null): void {
	if (before === null || after === null) {
		note(pair, path, [before, after], 'expected', 'rules-untold', {});
		return;
	}
	const rest = [...after];
	for (const rule of before) {
		const index = rest.indexOf(rule);
		if (index === -1) {
			note(pair, path, [rule, null], 'broken', 'rule-lost', {rule});
		} else {
			rest.splice(index, 1);
		}
	}
	for (const rule of rest) {
		note(pair, path, [null, rule], 'expected', 'rule-added', {rule});
	}
}

function compareCredentials(
	pair: Pair,
	path: string,
	before: ConnectionSnapshot,
	after: ConnectionSnapshot,
): void {
	const [was, is] = [before.credentials, after.credentials];
	if (was?.pid !== undefined && is?.pid === undefined) {
		// dbus-daemon from 1.16 on keeps a pidfd of the peer, and that process ended: UnixProcessIdUnknown.
		note(pair, `${path}/pid`, [was.pid, null], 'expected', 'daemon-forgot-pid', {});
	} else if (
		was?.pid !== is?.pid &&
		was?.pid !== undefined &&
		!(isRight(pair.before, before) && isRight(pair.after, after))
	) {
		note(pair, `${path}/pid`, [was.pid, is?.pid], 'changed', 'bus-credentials-changed', {});
	}
	if (was?.uid !== undefined && is?.uid !== undefined && was.uid !== is.uid) {
		note(pair, `${path}/uid`, [was.uid, is.uid], 'broken', 'bus-credentials-changed', {});
	}
}

/** The daemon names the process that has the connection, as that was called where it runs. */
function isRight(snapshot: Snapshot, {pid, credentials}: ConnectionSnapshot): boolean {
	return credentials?.pid === (processIn(snapshot, pid)?.pidHere ?? pid);
}
