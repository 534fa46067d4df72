import {programName} from '../common/program-name.js';
import type {Application, BusPeer} from './types.js';

/** Connections remembered, the living and the departed; the oldest are forgotten first. */
const mostRemembered = 10_000;

interface Remembered {
	/** Well-known names it owns now, in the order it got them. */
	names: string[];
	/** The name it lost last: shown when it owns none any more. */
	lastName?: string;
	/** What is behind it; the living have no other part of it than the departed. */
	application: Omit<Application, 'names' | 'left'>;
	left: boolean;
}

/** What to call a connection: its well-known name, else its command, also after it has left. */
export class NameTable {
	readonly #byUniqueName = new Map<string, Remembered>();

	/** What a census knows of a connection. */
	learn(peer: Pick<BusPeer, 'uniqueName'> & Partial<BusPeer>): void {
		const entry = this.#entry(peer.uniqueName);
		const {names, pid, uid, comm, command, unit, desktopId} = peer;
		if (names !== undefined) entry.names = [...names];
		const application = {
			...(pid === undefined ? {} : {pid}),
			...(uid === undefined ? {} : {uid}),
			...(comm === undefined ? {} : {program: programName(comm, command)}),
			...(unit === undefined ? {} : {unit}),
			...(desktopId === undefined ? {} : {desktopId}),
		};
		entry.application = {...entry.application, ...application};
	}

	/** A NameOwnerChanged, from a subscription or seen in the traffic. Empty text means nobody. */
	ownerChanged(name: string, oldOwner: string, newOwner: string): void {
		if (name.startsWith(':')) {
			const entry = newOwner === '' ? this.#byUniqueName.get(name) : undefined;
			if (entry) entry.left = true;
			return;
		}
		if (oldOwner.startsWith(':')) {
			const entry = this.#entry(oldOwner);
			entry.names = entry.names.filter((owned) => owned !== name);
			entry.lastName = name;
		}
		if (newOwner.startsWith(':')) {
			const entry = this.#entry(newOwner);
			if (!entry.names.includes(name)) entry.names.push(name);
		}
	}

	/** Unescaped: escape before printing. Any other name stands for itself. */
	nameOf(uniqueName: string): string {
		const entry = this.#byUniqueName.get(uniqueName);
		return entry?.names[0] ?? entry?.lastName ?? entry?.application.program ?? uniqueName;
	}

	/** Who is, or was, behind a unique name; unescaped. Undefined when it was never heard of. */
	applicationOf(uniqueName: string): Application | undefined {
		const entry = this.#byUniqueName.get(uniqueName);
		if (entry === undefined) return undefined;
		const {names, lastName, application, left} = entry;
		const owned = names.length > 0 || lastName === undefined ? names : [lastName];
		return {names: owned, left, ...application};
	}

	knows(uniqueName: string): boolean {
		return this.#byUniqueName.has(uniqueName);
	}

	#entry(uniqueName: string): Remembered {
		let entry = this.#byUniqueName.get(uniqueName);
		if (entry === undefined) {
			entry = {names: [], application: {}, left: false};
			this.#byUniqueName.set(uniqueName, entry);
			if (this.#byUniqueName.size > mostRemembered) {
				const oldest = this.#byUniqueName.keys().next().value;
				if (oldest !== undefined) this.#byUniqueName.delete(oldest);
			}
		}
		return entry;
	}
}
