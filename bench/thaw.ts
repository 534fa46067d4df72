import {spawn} from 'node:child_process';
import fs from 'node:fs';
import {connectBus} from '../src/dbus/calls.js';
import {demoServices} from '../src/dbus/demo-services.js';
import {startPrivateBus} from '../src/dbus/private-bus.js';
import {startProgram} from '../src/dbus/start-service.js';
import {type BenchRow, median, row} from './rows.js';
import {runTool, toolArguments} from './tool.js';

const rounds = 5;

/**
 * R8: from the command to the first answered call, for a service whose start is expensive. Thaw: our command
 * as a whole process. Cold start: exec of the service itself.
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
		const thawed: number[] = [];
		for (let round = 0; round < rounds; round++) {
			const start = performance.now();
			const {pid} = startProgram(bus, service.argv, {logName: `atlas-${round}`});
			await ownerOf(service.name, client);
			await get();
			cold.push(performance.now() - start);
			const before = new Set(checkpoints(bus.dir));
			await runTool(bus, ['freeze', service.name]);
			const name = checkpoints(bus.dir).find((one) => !before.has(one)) ?? '';
			const command = performance.now();
			const child = spawn(process.execPath, [...toolArguments(bus), 'thaw', name], {
				env: {...process.env, ...bus.env},
				stdio: 'ignore',
			});
			const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
			await get(); // it waits in the frozen service's socket until the thaw
			thawed.push(performance.now() - command);
			if ((await ended) !== 0) throw new Error('the thaw failed or the context was not preserved');
			process.kill(pid, 'SIGKILL');
			await ownerOf(service.name, client, false);
		}
		client.close();
		return [
			row({
				name: 'R8: command to first answered call, thaw against cold start (Atlas)',
				ours: median(thawed),
				peer: median(cold),
				peerName: 'cold start',
				unit: 'ms',
				target: 0.1,
				note: `${rounds} rounds`,
			}),
		];
	} finally {
		await bus.stop();
	}
}

function checkpoints(dir: string): string[] {
	const folder = `${dir}/state/checkpoints`;
	return fs.existsSync(folder) ? fs.readdirSync(folder) : [];
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
