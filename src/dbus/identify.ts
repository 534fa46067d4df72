import {setTimeout as delay} from 'node:timers/promises';
import {unreadBytes} from '../kernel/socket.js';
import {peek, receiveWithFds} from '../kernel/socket-messages.js';
import {announcePath} from './announce/interface.js';
import type {Bus} from './calls.js';
import {WireError} from './wire/error.js';
import {fixedHeaderBytes, frameSize} from './wire/frame.js';
import {field, Header} from './wire/header.js';

/** A held socket to the daemon of which it is not known whose it is. */
export interface NamelessSocket {
	inode: number;
	/** Our duplicate. */
	fd: number;
}

/** The signal that is sent to each name; nobody listens for it. */
const probeInterface = 'io.github.dbusfreeze1.Probe';
const probeMember = 'Whose';

/** How long a message may take to arrive, milliseconds; a daemon that is alive needs about one. */
const arrivalLimitMs = 200;
/** Between two looks for it, milliseconds. */
const lookMs = 1;
/** More than this is not searched for a message to a name, in bytes. */
const mostPeekedBytes = 1024 * 1024;

/**
 * Finds out for certain which of several sockets of a service that stands still belongs to which unique name: by
 * what waits in them for one of the names, and by a signal that is sent to each of the others. It is taken out
 * again before the service can see it. Only if other messages came before it in the same moment it stays: a signal
 * from us to a service that has no rule for it, which its library drops.
 * @param names candidates: unique name → its well-known names.
 * @returns inode → unique name, for those that were found out.
 */
export async function identify(
	bus: Bus,
	sockets: readonly NamelessSocket[],
	names: ReadonlyMap<string, readonly string[]>,
): Promise<Map<number, string>> {
	const search = new Search(bus, sockets, names);
	search.lookForTheirs();
	// The last one needs no message: no other is left.
	const last = search.unknown.length === search.missing.length ? 1 : 0;
	const asked = search.missing.slice(last);
	for (const destination of asked)
		bus.emit({destination, path: announcePath, interface: probeInterface, member: probeMember});
	const end = performance.now() + arrivalLimitMs;
	for (let seen = 0; seen < asked.length && performance.now() < end; ) {
		const arrived = search.lookForOurs();
		seen += arrived;
		if (arrived === 0) await delay(lookMs);
	}
	return search.conclude();
}

class Search {
	readonly #bus: Bus;
	readonly #sockets: readonly NamelessSocket[];
	readonly #names: ReadonlyMap<string, readonly string[]>;
	readonly #found = new Map<number, string>();
	readonly #header = new Header();

	constructor(bus: Bus, sockets: readonly NamelessSocket[], names: ReadonlyMap<string, readonly string[]>) {
		this.#bus = bus;
		this.#sockets = sockets;
		this.#names = names;
	}

	/** Names whose socket is not found yet. */
	get missing(): string[] {
		const known = new Set(this.#found.values());
		return [...this.#names.keys()].filter((name) => !known.has(name));
	}

	get unknown(): NamelessSocket[] {
		return this.#sockets.filter(({inode}) => !this.#found.has(inode));
	}

	/** By what others have sent to one of the names. */
	lookForTheirs(): void {
		for (const {inode, fd} of this.unknown)
			this.#first(fd, (header) => {
				const name = this.#ownerOf(header.text(field.destination));
				if (name !== undefined) this.#found.set(inode, name);
				return name !== undefined;
			});
	}

	/** By what we have sent. @returns how many have arrived. */
	lookForOurs(): number {
		const before = this.#found.size;
		for (const {inode, fd} of this.unknown)
			this.#first(fd, (header) => {
				if (!this.#isOurs(header)) return false;
				this.#found.set(inode, header.text(field.destination) ?? '');
				if (header.start === 0) receiveWithFds(fd, header.end);
				return true;
			});
		return this.#found.size - before;
	}

	conclude(): Map<number, string> {
		const [socket, ...otherSockets] = this.unknown;
		const [name, ...otherNames] = this.missing;
		if (socket && name !== undefined && otherSockets.length + otherNames.length === 0)
			this.#found.set(socket.inode, name);
		return this.#found;
	}

	/** Goes through the messages that wait, without taking them, up to the first that is wanted. */
	#first(fd: number, isWanted: (header: Header) => boolean): void {
		const waiting = unreadBytes(fd);
		const bytes = waiting === 0 ? undefined : peek(fd, Math.min(waiting, mostPeekedBytes))?.data;
		if (!bytes) return;
		try {
			for (let start = 0; start + fixedHeaderBytes <= bytes.length; ) {
				const end = start + frameSize(bytes, start);
				if (end > bytes.length || isWanted(this.#header.load(bytes, start, end))) return;
				start = end;
			}
		} catch (error) {
			// The service had read the first half of a message: what follows cannot be told apart.
			if (!(error instanceof WireError)) throw error;
		}
	}

	#ownerOf(destination: string | undefined): string | undefined {
		if (destination === undefined || this.#names.has(destination)) return destination;
		return [...this.#names].find(([, names]) => names.includes(destination))?.[0];
	}

	#isOurs(header: Header): boolean {
		return (
			header.text(field.sender) === this.#bus.uniqueName &&
			header.text(field.interface) === probeInterface &&
			header.text(field.member) === probeMember
		);
	}
}
