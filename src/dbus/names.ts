import {programName} from '../common/program-name.js';
import type {Parties} from './query/exchange.js';
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
export class NameTable implements Parties {
	/** Counts the changes. */
	version = 0;
	readonly #byUniqueName = new Map<string, Remembered>();
	/** Well-known name → unique name of its owner, or of its last one. */
	readonly #owners = new Map<string, string>();

	/** What a census knows of a connection. */
	learn(peer: Pick<BusPeer, 'uniqueName'> & Partial<BusPeer>): void {
		const entry = this.#entry(peer.uniqueName);
		const {names, pid, uid, comm, command, unit, desktopId} = peer;
		const before = JSON.stringify([entry.names, entry.application]);
		if (names !== undefined) entry.names = [...names];
		for (const name of entry.names) this.#own(name, peer.uniqueName);
		const application = {
			...(pid === undefined ? {} : {pid}),
			...(uid === undefined ? {} : {uid}),
			...(comm === undefined ? {} : {program: programName(comm, command)}),
			...(unit === undefined ? {} : {unit}),
			...(desktopId === undefined ? {} : {desktopId}),
		};
		entry.application = {...entry.application, ...application};
		if (JSON.stringify([entry.names, entry.application]) !== before) this.version++;
	}

	/** A NameOwnerChanged, from a subscription or seen in the traffic. Empty text means nobody. */
	ownerChanged(name: string, oldOwner: string, newOwner: string): void {
		if (name.startsWith(':')) {
			const entry = newOwner === '' ? this.#byUniqueName.get(name) : undefined;
			if (entry) entry.left = true;
			return;
		}
		this.version++;
		if (oldOwner.startsWith(':')) {
			const entry = this.#entry(oldOwner);
			entry.names = entry.names.filter((owned) => owned !== name);
			entry.lastName = name;
		}
		if (newOwner.startsWith(':')) {
			const entry = this.#entry(newOwner);
			if (!entry.names.includes(name)) entry.names.push(name);
			this.#own(name, newOwner);
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

	/** Program, pid, unit and desktop file included. Unescaped. */
	aliases(name: string): readonly string[] {
		const uniqueName = name.startsWith(':') ? name : this.#owners.get(name);
		const entry = uniqueName === undefined ? undefined : this.#byUniqueName.get(uniqueName);
		if (uniqueName === undefined || entry === undefined) return [name];
		const {names, lastName, application} = entry;
		const {program, pid, unit, desktopId} = application;
		const known = [name, uniqueName, ...names, lastName, program, unit, desktopId];
		if (pid !== undefined) known.push(`pid:${pid}`);
		return [...new Set(known.filter((alias) => alias !== undefined))];
	}

	owns(uniqueName: string, wellKnownName: string): boolean {
		return this.#byUniqueName.get(uniqueName)?.names.includes(wellKnownName) === true;
	}

	/** Another daemon gives the same unique names to others. */
	clear(): void {
		this.#byUniqueName.clear();
		this.#owners.clear();
		this.version++;
	}

	#own(name: string, uniqueName: string): void {
		this.#owners.delete(name);
		this.#owners.set(name, uniqueName);
		forgetOldest(this.#owners);
	}

	#entry(uniqueName: string): Remembered {
		let entry = this.#byUniqueName.get(uniqueName);
		if (entry === undefined) {
			entry = {names: [], application: {}, left: false};
			this.#byUniqueName.set(uniqueName, entry);
			forgetOldest(this.#byUniqueName);
		}
		return entry;
	}
}

function forgetOldest(table: Map<string, unknown>): void {
	if (table.size <= mostRemembered) return;
	const oldest = table.keys().next().value;
	if (oldest !== undefined) table.delete(oldest);
}
