import {readdirSync} from 'node:fs';
import type {SocketSnapshot} from '../context/model.js';
import {inNetworkNamespaceOf, networkNamespace} from '../kernel/network-namespace.js';
import {readStat} from '../kernel/proc-stat.js';
import {type KernelSocket, listInetSockets, listUnixSockets} from '../kernel/sock-diag.js';
import {fdNumbers, inodeIn} from './fds.js';
import {listedSockets} from './net-tables.js';
import {ifReadable, readLink} from './read.js';
import {describeByDuplicate} from './socket-duplicate.js';

/**
 * The sockets of this machine as they are now, and who holds them. Everything is read when first asked for
 * and then kept: make one table for one snapshot, or for several at the same moment.
 */
export class SocketTable {
	/** Sockets of all namespaces looked into: inode numbers are unique across them. */
	private readonly sockets = new Map<number, KernelSocket>();
	private readonly lookedInto = new Set<string>();
	private readonly inetLookedInto = new Set<string>();
	/** The network namespace that each of them was found in. */
	private readonly homes = new Map<number, string>();
	/** Netlink and packet sockets, by network namespace. */
	private readonly listed = new Map<string, ReturnType<typeof listedSockets>>();
	private readonly holders = new Map<number, number>();
	private toScan: number[] | undefined;

	/** Says that `pid` holds the socket `inode`, so that it need not be searched for. */
	addHolder(inode: number, pid: number): void {
		if (!this.holders.has(inode)) this.holders.set(inode, pid);
	}

	/**
	 * What descriptor `fd` of process `pid` is. A socket may be of its process's network namespace or of ours
	 * (a service that was handed a listening socket); any other has the state `unseen`, and only what a
	 * duplicate of it tells.
	 */
	describe(pid: number, fd: number, inode: number): SocketSnapshot {
		const socket = this.find(pid, inode);
		const snapshot = socket ? this.snapshotOf(socket) : describeByDuplicate(pid, fd);
		return {...snapshot, ...this.placeOf(pid, inode, snapshot)};
	}

	/** Whether it is of its process's network namespace, as far as a list there tells of sockets like it. */
	private placeOf(
		pid: number,
		inode: number,
		{family, state}: SocketSnapshot,
	): Pick<SocketSnapshot, 'foreign' | 'groups'> {
		if (state === 'unseen') return {foreign: true};
		if (family === 'netlink' || family === 'packet') {
			const namespace = ifReadable(() => networkNamespace(pid)) ?? '';
			if (!this.listed.has(namespace)) this.listed.set(namespace, listedSockets(pid));
			const listed = this.listed.get(namespace);
			const found = listed?.get(inode);
			if (found === undefined) return listed ? {foreign: true} : {};
			return found.groups && !/^0*$/.test(found.groups) ? {groups: found.groups} : {};
		}
		const home = this.homes.get(inode);
		return home === undefined || home === ifReadable(() => networkNamespace(pid)) ? {} : {foreign: true};
	}

	/** A socket by inode, seen from the namespace of `pid` or from ours. */
	find(pid: number, inode: number): KernelSocket | undefined {
		for (const [place, list] of [
			[this.lookedInto, listUnixSockets],
			[this.inetLookedInto, listInetSockets],
		] as const) {
			for (const viewer of [process.pid, pid]) {
				this.lookInto(viewer, place, list);
				const socket = this.sockets.get(inode);
				if (socket) return socket;
			}
		}
		return undefined;
	}

	private lookInto(viewer: number, done: Set<string>, list: () => KernelSocket[]): void {
		const namespace = ifReadable(() => networkNamespace(viewer));
		if (namespace === undefined || done.has(namespace)) return;
		done.add(namespace);
		const found = ifReadable(() => inNetworkNamespaceOf(viewer, list));
		for (const socket of found ?? []) {
			this.sockets.set(socket.inode, socket);
			this.homes.set(socket.inode, namespace);
		}
	}

	private snapshotOf(socket: KernelSocket): SocketSnapshot {
		const snapshot: SocketSnapshot = {family: socket.family, type: socket.type, state: socket.state};
		if (socket.name !== undefined) snapshot.name = socket.name;
		const peer = socket.peerInode === undefined ? undefined : this.sockets.get(socket.peerInode);
		// Of a listening internet socket: who waits to be accepted.
		if (socket.state === 'listening' && socket.family !== 'unix') snapshot.unread = socket.unread;
		if (socket.state !== 'listening') {
			snapshot.unread = socket.unread;
			// What the other end has to read, where we see it; the kernel's own count is of memory.
			snapshot.unsent = peer && socket.type !== 'dgram' ? peer.unread : socket.unsent;
		}
		if (socket.peerName !== undefined) snapshot.peer = {name: socket.peerName};
		if (socket.peerInode !== undefined) {
			snapshot.peer = {inode: socket.peerInode, ...this.holderOf(socket.peerInode)};
			if (peer?.name !== undefined) snapshot.peer.name = peer.name;
		}
		return snapshot;
	}

	/**
	 * The process that holds a socket. Of several: one of the processes told by `addHolder`, then the one with
	 * the lowest pid but this one and pid 1, which keeps descriptors for its services.
	 */
	holderOf(inode: number): {pid: number; comm: string} | undefined {
		this.toScan ??= processIds();
		while (!this.holders.has(inode)) {
			const next = this.toScan.shift();
			if (next === undefined) return undefined;
			this.scan(next);
		}
		const pid = this.holders.get(inode) ?? 0;
		const stat = readStat(pid);
		return stat && {pid, comm: stat.comm};
	}

	private scan(pid: number): void {
		for (const fd of fdNumbers(pid)) {
			const target = readLink(`/proc/${pid}/fd/${fd}`);
			if (!target?.startsWith('socket:[')) continue;
			const inode = inodeIn(target);
			if (inode !== undefined) this.addHolder(inode, pid);
		}
	}
}

function processIds(): number[] {
	const last = [process.pid, 1];
	const others = readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map(Number)
		.filter((pid) => !last.includes(pid));
	return [...others, ...last];
}
