import {demoServices} from '../src/dbus/demo-services.js';
import {Random} from './random.js';
import {playRound, type RoundResult} from './round.js';
import {World} from './world.js';

const services = [demoServices.counter, demoServices.ledger, demoServices.gauge];

export interface Played extends RoundResult {
	seed: number;
	service: string;
}

/** Plays a round for each seed, on as few buses as possible. A hung criu is ended after two seconds. */
export async function soak(
	seeds: Iterable<number>,
	onPlayed: (played: Played) => void,
	stop?: AbortSignal,
): Promise<void> {
	process.env.DBUSFREEZE_CRIU_LIMIT = '2';
	// Keepers are started with our options, and need none of them.
	process.execArgv.length = 0;
	const worlds = new Map<string, World>();
	try {
		for (const seed of seeds) {
			if (stop?.aborted) return;
			// Not of the round's own choices, so that these stay as they are when services are added.
			const service = new Random(~seed).one(services);
			// A bus that was marked as another's would end with that.
			delete process.env.DBUSFREEZE_PRIVATE_BUS;
			const world = worlds.get(service.name) ?? (await World.make(service));
			worlds.set(service.name, world);
			// What a keeper that was started by this round inherits: it ends with its bus.
			process.env.DBUSFREEZE_PRIVATE_BUS = world.bus.dir;
			const result = await playRound(world, seed);
			if (result.worldIsOver) {
				worlds.delete(service.name);
				await world.end();
			}
			onPlayed({...result, seed, service: service.library});
		}
	} finally {
		for (const world of worlds.values()) await world.end();
	}
}
