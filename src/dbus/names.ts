import {programName} from '../common/program-name.js';

/** Connections remembered, the living and the departed; the oldest are forgotten first. */
const mostRemembered = 10_000;

interface Remembered {
	/** Well-known names it owns now, in the order it got them. */
	names: string[];
	/** The name it lost last: shown when it owns none any more. */
	lastName?: string;
	program?: string;
}

/** What to call a connection: its well-known name, else its command, also after it has left. */
export class NameTable {
	readonly #byUniqueName = new Map<string, Remembered>();

	/** What a census knows of a connection. */
	learn(peer: {uniqueName: string; names?: readonly string[]; comm?: string; command?: string}): void {
		const entry = this.#entry(peer.uniqueName);
		if (peer.names !== undefined) entry.names = [...peer.names];
		if (peer.comm !== undefined) entry.program = programName(peer.comm, peer.command);
	}

	/** A NameOwnerChanged, from a subscription or seen in the traffic. Empty text means nobody. */
	ownerChanged(name: string, oldOwner: string, newOwner: string): void {
		if (name.startsWith(':')) return;
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
		return entry?.names[0] ?? entry?.lastName ?? entry?.program ?? uniqueName;
	}

	knows(uniqueName: string): boolean {
		return this.#byUniqueName.has(uniqueName);
	}

	#entry(uniqueName: string): Remembered {
		let entry = this.#byUniqueName.get(uniqueName);
		if (entry === undefined) {
			entry = {names: []};
			this.#byUniqueName.set(uniqueName, entry);
			if (this.#byUniqueName.size > mostRemembered) {
				const oldest = this.#byUniqueName.keys().next().value;
				if (oldest !== undefined) this.#byUniqueName.delete(oldest);
			}
		}
		return entry;
	}
}
