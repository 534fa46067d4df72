import fs from 'node:fs';
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {debianRoot} from '../scripts/device/root.mjs';
import {capture} from '../scripts/setup/command.mjs';
import {criuFolder} from '../scripts/setup/places.mjs';
import {checkoutOnDevice, Device} from '../test/support/device/device.js';
import type {Finding, Surveyed} from './model.js';

/** A service takes no longer, seconds: it starts, and is frozen and thawed three times. */
const serviceLimit = 150;

/** What every device of a survey has beside the services. */
const base = ['dbus', 'systemd', 'systemd-sysv', 'fuse3'];

/** Packages of these services that this release of Debian does not have. */
export async function unavailable(services: readonly Surveyed[]): Promise<Set<string>> {
	const wanted = [...new Set(services.flatMap(({packages}) => packages))];
	const {output} = await capture(['apt-cache', 'policy', ...wanted]);
	const there = new Set(
		[...output.matchAll(/^(\S+):\n {2}Installed: .*\n {2}Candidate: \d/gm)].map(([, name]) => name),
	);
	return new Set(wanted.filter((name) => !there.has(name)));
}

/** What set-up has built for CRIU; there is no compiler on a device. */
function preloads(): Array<{source: string}> {
	const folder = path.dirname(criuFolder());
	const names = fs.readdirSync(folder).filter((name) => /^criu-preload-.*\.so$/.test(name));
	return names.map((name) => ({source: path.join(folder, name)}));
}

/** The devices of a survey: one with a shell as PID 1, one with systemd, switched on when they are needed. */
export class Devices {
	readonly #t: Pick<ExecutionContext, 'teardown'>;
	readonly #root: string;
	readonly #booted = new Map<'plain' | 'systemd', Promise<Device>>();

	private constructor(t: Pick<ExecutionContext, 'teardown'>, root: string) {
		this.#t = t;
		this.#root = root;
	}

	/** Makes the root with all packages, if it is not there yet: minutes for the whole table. */
	static async prepare(t: Pick<ExecutionContext, 'teardown'>, packages: readonly string[]): Promise<Devices> {
		return new Devices(t, await debianRoot({packages: [...new Set([...base, ...packages])]}));
	}

	/** Never rejects: what goes wrong is the service's failure. */
	async tryOut(service: Surveyed, cycles: number): Promise<Finding> {
		const kind = 'unit' in service ? 'unit' : 'bus';
		const nothing = {library: '', threads: 0, fds: 0, processes: 0, held: 0, signals: false, warnings: []};
		try {
			const device = await this.#device(kind === 'unit' ? 'systemd' : 'plain');
			const node = ['node', '--import=tsx', 'survey/inside.ts', service.key, String(cycles)];
			const {stdout, stderr, code} = await device.run([
				'env',
				`--chdir=${checkoutOnDevice}`,
				'timeout',
				'--kill-after=5',
				String(serviceLimit),
				...node,
			]);
			const line = stdout.trim().split('\n').at(-1) ?? '';
			if (line.startsWith('{')) return JSON.parse(line) as Finding;
			throw new Error(code === 124 ? `not done after ${serviceLimit} s` : `exit ${code}: ${stdout}${stderr}`);
		} catch (error) {
			return {key: service.key, kind, outcome: 'failed', cause: (error as Error).message, ...nothing};
		}
	}

	#device(init: 'plain' | 'systemd'): Promise<Device> {
		let device = this.#booted.get(init);
		if (!device) {
			const binds = [{source: '/dev/fuse', writable: true}, ...preloads()];
			device = Device.boot(this.#t as ExecutionContext, {
				root: this.#root,
				name: `survey-${init}`,
				init,
				binds,
			});
			this.#booted.set(init, device);
		}
		return device;
	}
}
