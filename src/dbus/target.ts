import {existsSync} from 'node:fs';
import {Fault} from '../common/fault.js';
import {driver} from './calls.js';
import type {BusPeer} from './types.js';

export interface Target {
	pid: number;
	/** All connections of that process; none when it was named by pid and is not on this bus. */
	peers: BusPeer[];
}

/**
 * Finds the process that the user means: a well-known name, a unique name, `pid:N`, or the last parts of a
 * well-known name (`Counter` for `org.dbusfreeze.Demo.Counter`) when only one connection answers to that.
 * Throws Fault `no-target`, `ambiguous-target`, `dead-pid`, or `own-process` for the daemon and for ourselves.
 */
export function resolveTarget(
	peers: readonly BusPeer[],
	text: string,
	daemon: number | undefined = undefined,
): Target {
	if (text === driver.destination) throw new Fault('own-process', {pid: daemon ?? 0, role: 'daemon'});
	const byPid = /^pid:(\d+)$/.exec(text);
	const pid = byPid === null ? pidOf(peers, text) : Number(byPid[1]);
	if (pid === daemon) throw new Fault('own-process', {pid, role: 'daemon'});
	if (pid === process.pid) throw new Fault('own-process', {pid, role: 'self'});
	if (pid === 0 || !existsSync(`/proc/${pid}`)) throw new Fault('dead-pid', {pid});
	return {pid, peers: peers.filter((peer) => peer.pid === pid)};
}

function pidOf(peers: readonly BusPeer[], text: string): number {
	const exact = peers.filter((peer) => peer.uniqueName === text || peer.names.includes(text));
	const found = exact.length > 0 ? exact : peers.filter((peer) => abbreviates(text, peer).length > 0);
	const [peer, ...others] = found;
	if (peer === undefined) throw new Fault('no-target', {target: text});
	if (others.length > 0) {
		const candidates = found.flatMap((candidate) => abbreviates(text, candidate));
		throw new Fault('ambiguous-target', {target: text, candidates});
	}
	// The daemon does not know: nothing that could be frozen stands behind this name as far as we can see.
	if (peer.pid === undefined) throw new Fault('no-target', {target: text});
	return peer.pid;
}

/** The names of `peer` that end in `.text`. */
function abbreviates(text: string, peer: BusPeer): string[] {
	return text === '' ? [] : peer.names.filter((name) => name.endsWith(`.${text}`));
}
