import {spawn} from 'node:child_process';
import {connectBus} from '../src/dbus/calls.js';
import {demoServices} from '../src/dbus/demo-services.js';
import {type PrivateBus, startPrivateBus} from '../src/dbus/private-bus.js';
import {startProgram} from '../src/dbus/start-service.js';
import type {FreezeResult} from '../src/session/events.js';
import {type BenchRow, median, row} from './rows.js';
import {runTool, toolArguments} from './tool.js';

const rounds = 5;

/**
 * R8: from the command to the first answered call, for a service whose start is expensive. Thaw: our command
 * as a whole process, with the connection that is held, and with a new one after the keeper was killed, as after a
 * reboot. Cold start: exec of the service itself. One after the other in each round, so that all see the same machine.
 */
export async function thawBench(): Promise<BenchRow[]> {
	const bus = await startPrivateBus();
	const service = demoServices.atlas;
	try {
		const client = await connectBus({address: bus.address});
		const get = () =>
			client.call({
				destination: service.name,
				path: service.path,
				interface: service.name,
				member: 'Get',
				timeout: 60_000,
			});
		const cold: number[] = [];
		const held: number[] = [];
		const reconnected: number[] = [];
		for (let round = 0; round < rounds; round++) {
			const start = performance.now();
			const {pid} = startProgram(bus, service.argv, {logName: `atlas-${round}`});
			await ownerOf(service.name, client);
			await get();
			cold.push(performance.now() - start);
			// The call waits in the frozen service's socket until the thaw.
			held.push(await thawed(bus, await freeze(bus, service.name), get));
			const frozen = await freeze(bus, service.name);
			process.kill(frozen.keeperPid, 'SIGKILL');
			await ownerOf(service.name, client, false);
			const firstAnswer = async () => {
				await ownerOf(service.name, client);
				await get();
			};
			reconnected.push(await thawed(bus, frozen, firstAnswer));
			process.kill(pid, 'SIGKILL');
			await ownerOf(service.name, client, false);
		}
		client.close();
		const from = 'command to first answered call (Atlas)';
		const note = `${rounds} rounds`;
		return [
			row({
				name: `R8: ${from}, thaw against cold start`,
				ours: median(held),
				peer: median(cold),
				peerName: 'cold start',
				unit: 'ms',
				target: 0.1,
				note,
			}),
			row({
				name: `${from}, thaw with a new connection against cold start`,
				ours: median(reconnected),
				peer: median(cold),
				peerName: 'cold start',
				unit: 'ms',
				note,
			}),
			row({
				name: `${from}, thaw with a new connection against one with the held connection`,
				ours: median(reconnected),
				peer: median(held),
				peerName: 'held',
				unit: 'ms',
				note,
			}),
		];
	} finally {
		await bus.stop();
	}
}

const freeze = (bus: PrivateBus, name: string) => runTool<FreezeResult>(bus, ['freeze', name]);

/** Milliseconds from the start of `thaw` to the first answer. */
async function thawed(
	bus: PrivateBus,
	{checkpoint}: FreezeResult,
	answered: () => Promise<unknown>,
): Promise<number> {
	const command = performance.now();
	const child = spawn(process.execPath, [...toolArguments(bus), 'thaw', checkpoint], {
		env: {...process.env, ...bus.env},
		stdio: 'ignore',
	});
	const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
	await answered();
	const ms = performance.now() - command;
	if ((await ended) !== 0) throw new Error('the thaw failed or the context was not preserved');
	return ms;
}

/** Waits until the name has an owner, or has none. */
async function ownerOf(
	name: string,
	client: Awaited<ReturnType<typeof connectBus>>,
	present = true,
): Promise<void> {
	for (;;) {
		const [has] = await client.driver('NameHasOwner', 's', [name]);
		if (has === present) return;
		await new Promise((resolve) => setTimeout(resolve, 2));
	}
}
