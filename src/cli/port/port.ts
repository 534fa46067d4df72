import {Checkpoint} from '../../checkpoint/folder.js';
import {pidHere} from '../../checkpoint/numbers.js';
import {connectionsOn, targetOn} from '../../checkpoint/on-bus.js';
import {rememberedConnections} from '../../checkpoint/remembered.js';
import {standingOf} from '../../checkpoint/standing.js';
import {CheckpointStore} from '../../checkpoint/store.js';
import {Fault} from '../../common/fault.js';
import {programName} from '../../common/program-name.js';
import type {Snapshot} from '../../context/model.js';
import {ownedNames} from '../../context/owned-names.js';
import {isKeepers} from '../../dbus/announce/keepers.js';
import {type Bus, connectBus} from '../../dbus/calls.js';
import {type CensusFeed, followCensus} from '../../dbus/follow.js';
import type {Policy} from '../../dbus/held/connection.js';
import {NameTable} from '../../dbus/names.js';
import {recordTraffic} from '../../dbus/record.js';
import type {Traffic} from '../../dbus/traffic.js';
import type {KeeperClient} from '../../keeper/client.js';
import {WatchedBus} from '../../session/watched-bus.js';
import type {CheckpointsFeed} from '../../tui/checkpoints/feed.js';
import type {
	ConnectionFeed,
	FrozenService,
	Port,
	PreflightReport,
	SessionHandle,
	TrafficFeed,
} from '../../tui/port.js';
import {busOf} from '../bus.js';
import type {CommandContext} from '../context.js';
import {thawCommand} from '../thaw-command.js';
import {trafficSettings} from '../traffic/settings.js';
import {StateDirCheckpoints} from './checkpoints.js';
import {contextFor} from './home-bus.js';
import {nextThaw} from './next-thaw.js';
import {SavedFilters} from './saved-filters.js';
import {KeeperHandle} from './session-handle.js';
import {RecordedTraffic} from './traffic-feed.js';

/** What it takes to act on a process, and not to watch a bus: loaded with the first act. */
const acting = () => import('../begin.js');

export type PortSettings = Pick<Port, 'busLabel' | 'readOnly' | 'endsWithScreen'>;

/** The world as the screen sees it: a real bus, real keepers. */
export class LivePort implements Port {
	readonly busLabel: string;
	readonly readOnly: boolean;
	readonly endsWithScreen: boolean;
	readonly connections: ConnectionFeed;
	readonly traffic: TrafficFeed;
	readonly checkpoints: CheckpointsFeed;
	readonly #context: CommandContext;
	readonly #bus: Bus;
	readonly #watched: WatchedBus;
	/** Our own connections and those of our keepers: no traffic that anybody wants to see. */
	readonly #hidden: Set<string>;
	readonly #census: CensusFeed;
	readonly #recorded: Traffic;

	private constructor(
		context: CommandContext,
		settings: PortSettings,
		bus: Bus,
		watched: WatchedBus,
		hidden: Set<string>,
		census: CensusFeed,
		recorded: Traffic,
		names: NameTable,
	) {
		this.#context = context;
		this.busLabel = settings.busLabel;
		this.readOnly = settings.readOnly;
		this.endsWithScreen = settings.endsWithScreen;
		this.#bus = bus;
		this.#watched = watched;
		this.#hidden = hidden;
		this.#census = census;
		this.#recorded = recorded;
		this.traffic = new RecordedTraffic(recorded, names, () => census.current());
		const {address} = busOf(context);
		this.checkpoints = new StateDirCheckpoints(context, () => ({address, guid: watched.guid}));
		this.connections = {
			current: () => census.current().map((peer) => (isKeepers(peer) ? {...peer, keeper: true} : peer)),
			onChange: (listener) => census.onChange(listener),
			details: (uniqueName) => this.#details(uniqueName),
		};
	}

	/** Connects to the bus and begins to watch. Throws `bus-unreachable`. */
	static async open(context: CommandContext, settings: PortSettings): Promise<LivePort> {
		const names = new NameTable();
		const location = busOf(context);
		const bus = await connectBus(location);
		const hidden = new Set([bus.uniqueName]);
		const watched = await WatchedBus.over(bus, (guid) => rememberedConnections(context.stateDir, guid));
		const [census, recorded] = await Promise.all([
			followCensus(bus, {names, hidden, withPids: (peers) => watched.withPids(peers)}),
			recordTraffic({...location, names, hidden, ...(await trafficSettings(context))}),
		]);
		return new LivePort(context, settings, bus, watched, hidden, census, recorded, names);
	}

	async frozen(): Promise<FrozenService[]> {
		const services: FrozenService[] = [];
		for (const {checkpoint, manifest} of new CheckpointStore(this.#context.stateDir).list()) {
			const target = manifest instanceof Fault ? undefined : targetOn(manifest, this.#watched.guid);
			if (manifest instanceof Fault || !target) continue;
			const standing = standingOf(manifest);
			const isAlone = standing === 'keeper-gone' || standing === 'given-up';
			if (standing !== 'frozen' && standing !== 'connection-gone' && !isAlone) continue;
			services.push({
				checkpoint: checkpoint.dir,
				pid: pidHere(manifest),
				...target,
				others: connectionsOn(manifest, this.#watched.guid)
					.slice(1)
					.map(({uniqueName}) => uniqueName),
				since: manifest.stoppedAt ?? Date.parse(manifest.createdAt),
				keeperAlive: !isAlone,
				next: nextThaw(checkpoint, manifest, standing),
			});
		}
		return services;
	}

	async preflight(target: string): Promise<PreflightReport> {
		const {examine, findingText, heldText, requireRoot} = await acting();
		requireRoot('freeze');
		const {snapshot, preflight} = await examine(this.#context, target, this.#watched);
		const [root] = snapshot.processes;
		return {
			target: {
				pid: snapshot.pid,
				comm: root ? programName(root.comm, root.cmdline.join(' ')) : '',
				names: ownedNames(snapshot.connections),
				uniqueName: snapshot.connections[0]?.uniqueName ?? '',
				threads: snapshot.processes.reduce((sum, p) => sum + p.threads.length, 0),
				processes: snapshot.processes.length,
			},
			blockers: preflight.blockers.map(findingText),
			warnings: preflight.warnings.map(findingText),
			held: [...preflight.held.map((end) => heldText(end, snapshot)), ...preflight.heldElse.map(findingText)],
		};
	}

	async freeze(target: string, policy: Policy): Promise<SessionHandle> {
		const options = {stepping: true, portable: false, leaveRunning: false, policy};
		const [{begin}, {cameToNothing}] = await Promise.all([acting(), import('../commands/freeze.js')]);
		const begun = await begin(this.#context, target, options, this.#watched);
		const handle = await this.#open(begun.client);
		handle.freeze(begun.options, (fault) => {
			if (cameToNothing(fault)) begun.discard();
		});
		return handle;
	}

	async attach(checkpoint: string, force: boolean): Promise<SessionHandle> {
		const {takeOver} = await import('../frozen.js');
		// Whoever thaws one whose keeper has ended becomes its keeper's client.
		const folder = new Checkpoint(checkpoint);
		const context = contextFor(this.#context, folder, this.#watched.guid);
		return this.#open((await takeOver(context, folder, force)).client);
	}

	thawCommand(checkpoint: string): string {
		return thawCommand(this.#context, checkpoint);
	}

	filters(): Promise<Readonly<Record<string, string>>> {
		return new SavedFilters(this.#context.env).all();
	}

	saveFilter(name: string, text: string | undefined): Promise<Readonly<Record<string, string>>> {
		return new SavedFilters(this.#context.env).save(name, text);
	}

	close(): void {
		this.#census.stop();
		this.#recorded.close();
		this.#bus.close();
	}

	async #open(client: KeeperClient): Promise<KeeperHandle> {
		const handle = await KeeperHandle.open(client);
		this.#hidden.add(handle.busName);
		return handle;
	}

	/** A frozen service has no process to look at: it is shown as it was before. */
	async #details(uniqueName: string): Promise<Snapshot> {
		const frozen = (await this.frozen()).find((service) => service.uniqueName === uniqueName);
		const kept =
			frozen && new CheckpointStore(this.#context.stateDir).find(frozen.checkpoint).readSnapshot('before');
		if (kept) return kept;
		const {examine} = await acting();
		return (await examine(this.#context, uniqueName, this.#watched)).snapshot;
	}
}
