import {fstatSync} from 'node:fs';
import type {Manifest} from '../checkpoint/manifest.js';
import type {ReconnectData} from '../checkpoint/reconnect-data.js';
import {Fault} from '../common/fault.js';
import type {Snapshot} from '../context/model.js';
import {HeldService} from '../dbus/held/service.js';
import {type HeldEnd, letGo} from '../dbus/hold.js';
import {connectAs} from '../dbus/reconnect/connect-as.js';
import {connectRestored, unconnectedSocket} from '../dbus/reconnect/connect-restored.js';
import {greet, type Newcomer, reconnect} from '../dbus/reconnect/reconnect.js';
import {fdOfSocket} from '../process/fds.js';
import {canConnectThemselves} from './connect-themselves.js';
import {newDaemonPidfds, otherEnds} from './other-ends.js';
import {note, type SessionParts, thisKeeper, updateManifest, warn} from './parts.js';
import {endFor, type Lost, lostConnections, openAll, renew} from './renewed.js';

/**
 * Makes every bus connection of the frozen service anew, as it was, and lets the old ones go, if they are still held.
 * CRIU gives the restored processes sockets that are not connected; just before they run they connect them, so that
 * the daemon sees them and nobody else. Where that cannot be, somebody else connects before the restore.
 */
export class Reconnection {
	readonly #parts: SessionParts;
	readonly #manifest: Manifest;
	readonly #before: Snapshot;
	readonly #data: ReconnectData;
	/** Held beside the connections, old and new. */
	readonly #others: HeldEnd[];
	#old: HeldEnd[];
	readonly #oldBus: Pick<SessionParts, 'bus' | 'announcer'>;
	#lost: Lost[] = [];
	/** One for each of those. */
	readonly #new: HeldEnd[] = [];
	#pidfds: HeldEnd[] = [];
	#isComplete = false;

	private constructor(parts: SessionParts) {
		const {manifest, checkpoint, bus, announcer} = parts;
		const before = checkpoint.readSnapshot('before');
		const data = checkpoint.readReconnect();
		if (!manifest || !before || !data)
			throw new Fault('bad-snapshot', {path: checkpoint.dir, reason: 'no-before'});
		this.#parts = parts;
		this.#manifest = manifest;
		this.#before = before;
		this.#data = data;
		this.#others = otherEnds(parts);
		this.#old = parts.held.filter((end) => !this.#others.includes(end));
		this.#oldBus = {bus, announcer};
	}

	/**
	 * All that can be done before the restore, which is given `parts.held`.
	 * @param isNested the tree goes into a pid namespace of its own: nobody has its numbers here.
	 * @param address where the checkpoint's bus is now; by default where it was.
	 * @throws Fault `held-ends-lost`: something else was held that nobody can make anew; `bus-unreachable`; those of
	 * `reconnect`.
	 */
	static async begin(parts: SessionParts, isNested: boolean, address?: string): Promise<Reconnection> {
		const reconnection = new Reconnection(parts);
		try {
			await reconnection.#begin(isNested, address);
		} catch (error) {
			reconnection.abandon();
			throw error;
		}
		return reconnection;
	}

	/**
	 * While everything is restored and nothing runs: from then on the new connections are held like any others, with
	 * everything that waits for the service in their stashes: what it had not read, what came while it was frozen, what
	 * it has missed of who owns which name.
	 * @throws Fault those of `reconnect`; then `abandon` is to be called.
	 */
	async complete(): Promise<void> {
		if (this.#isComplete) return;
		for (const [index, {address, connector}] of this.#lost.entries()) {
			const pid = this.#parts.numbers.here(connector.pid);
			const inode = fstatSync(this.#new[index]?.ourFd ?? -1).ino;
			const fd = fdOfSocket(pid, inode);
			if (fd === undefined) throw new Error(`process ${pid} has not got its socket`);
			await connectRestored(address, pid, fd, connector);
		}
		await this.#introduce();
	}

	/** Nothing is left of what was made, and what was held still is, unless it had to be let go. */
	abandon(): void {
		if (this.#isComplete) return;
		const parts = this.#parts;
		letGo([...this.#new, ...this.#pidfds]);
		parts.held = [...this.#others, ...this.#old];
		if (this.#old.length > 0 && parts.bus !== this.#oldBus.bus) {
			closeBus(parts);
			Object.assign(parts, this.#oldBus);
		}
	}

	async #begin(isNested: boolean, address: string | undefined): Promise<void> {
		const parts = this.#parts;
		// Nothing is lost with those that the daemon has closed.
		if (parts.service?.isHungUp ?? true) this.#letOldGo();
		await parts.reopenBus(address);
		this.#lost = lostConnections(this.#manifest, this.#before, this.#data, parts.bus.address);
		this.#pidfds = newDaemonPidfds(parts);
		const doConnect = await canConnectThemselves(this.#lost, this.#before, parts.place);
		// A daemon has no patience with those who connect and say nothing, so all is done at once.
		if (!doConnect) this.#letOldGo();
		for (const {connection, address, connector} of this.#lost) {
			const {pid, ...user} = connector;
			const as = isNested ? user : {pid, ...user};
			const fd = doConnect ? unconnectedSocket() : await connectAs(address, as);
			this.#new.push(endFor(this.#manifest, connection, fd));
		}
		parts.held = [...this.#others, ...this.#pidfds, ...this.#new];
		if (!doConnect) await this.#introduce();
	}

	/** The bus forgets the old connections, so that the names are free. */
	#letOldGo(): void {
		const parts = this.#parts;
		parts.service?.close();
		parts.service = undefined;
		letGo(this.#old);
		this.#old = [];
		// Should the new ones not come to be: it is frozen without any.
		note(parts, () => updateManifest(parts, {connectionEnded: true}));
	}

	/** The sockets are connected: tells the daemons who is there, and keeps them. */
	async #introduce(): Promise<void> {
		const parts = this.#parts;
		const all = this.#lost.map((lost, index) => ({lost, end: this.#new[index] as HeldEnd}));
		const newcomers = [];
		for (const {lost, end} of all) newcomers.push(await greet(end.ourFd, lost));
		// Only now, when there is a bus that takes it.
		this.#letOldGo();
		const made = [];
		for (const [index, {lost, end}] of all.entries()) {
			made.push(renew(lost, end, await reconnect(newcomers[index] as Newcomer, lost)));
			const {uniqueName, matchRules} = lost.connection;
			if (matchRules === null) warn(parts, 'rules-unknown', {uniqueName});
		}
		const opened = await openAll(parts, made, this.#before, this.#data);
		parts.service = new HeldService(opened, this.#manifest.policy);
		parts.held = [...this.#others, ...this.#pidfds, ...made.map(({end}) => end)];
		this.#isComplete = true;
		if (parts.bus !== this.#oldBus.bus) closeBus(this.#oldBus);
		const connections = made.map(({connection}) => connection);
		updateManifest(parts, {
			connections,
			connectionEnded: false,
			keeper: thisKeeper(),
			bus: {address: parts.bus.address, guid: parts.bus.guid},
			...(this.#manifest.unit ? {unit: {name: this.#manifest.unit.name}} : {}),
		});
		parts.log.emit({type: 'connections', connections});
	}
}

function closeBus({bus, announcer}: Pick<SessionParts, 'bus' | 'announcer'>): void {
	announcer.close();
	bus.close();
}
