import {type ChildProcess, type SpawnOptions, spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import {text} from 'node:stream/consumers';
import type {ExecutionContext} from 'ava';
import {deviceCriu} from '../../../scripts/device/criu.mjs';
import {root as checkout} from '../../../scripts/setup/places.mjs';
import {keepDescriptorsFromChildren} from '../../../src/kernel/inheritance.js';
import {readLink, readText} from '../../../src/process/read.js';
import {until} from '../bus.js';
import type {Run} from '../cli.js';

/** A file or folder of this machine that the device sees under another path, or the same. */
export interface Bind {
	source: string;
	/** Default: as on this machine. */
	target?: string;
	writable?: boolean;
}

export interface DeviceOptions {
	/** From `debianRoot`. */
	root: string;
	/** Its host name; also in the names of its folder and cgroup. */
	name: string;
	/** 32 hexadecimal digits; default: a random one. */
	machineId?: string;
	/** What is PID 1: a shell that reaps, or the systemd of the root. */
	init?: 'plain' | 'systemd';
	/** What systemd starts; default multi-user.target. */
	target?: string;
	binds?: readonly Bind[];
}

/** Where the program itself, this checkout, is on every device; read-only. */
export const checkoutOnDevice = '/opt/dbusfreeze-tui';

/** How a device calls the program itself. */
export const programOnDevice = ['node', `${checkoutOnDevice}/dist/cli/main.js`] as const;

const baseEnvironment = {
	PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
	HOME: '/root',
	LANG: 'C.UTF-8',
};

/** The program, the Node that runs it, and the private CRIU where the program looks for it. */
function ownBinds(criu: string): Bind[] {
	return [
		{source: checkout, target: checkoutOnDevice},
		{source: process.execPath, target: '/usr/local/bin/node'},
		{source: criu},
	];
}

/**
 * Another machine as far as a program can see: own root file system (a layer over a Debian root), processes,
 * mounts, network, host name, machine-id, boot id, cgroups, /run, /tmp, /dev. It has this machine's kernel, though.
 * Ends with the test, with everything that runs in it, also when the test is killed.
 */
export class Device {
	readonly name: string;
	readonly machineId: string;
	/** On this machine, for files that it needs; removed with the device. */
	readonly dir: string;
	readonly #options: DeviceOptions;
	readonly #power: ChildProcess;
	readonly #said: AsyncIterator<string>;
	#unshare = 0;
	#cgroup = '';
	#pid = 0;

	private constructor(options: DeviceOptions, criu: string) {
		this.#options = options;
		this.name = options.name;
		this.machineId = options.machineId ?? crypto.randomUUID().replaceAll('-', '');
		this.dir = fs.mkdtempSync(path.join(os.tmpdir(), `dbusfreeze-${options.name}-`));
		fs.mkdirSync(path.join(this.dir, 'disk'));
		const lines = [...ownBinds(criu), ...(options.binds ?? [])].map(
			({source, target, writable}) =>
				`${writable ? 'writable' : 'read-only'}\t${fs.realpathSync(source)}\t${target ?? source}\n`,
		);
		fs.writeFileSync(path.join(this.dir, 'binds'), lines.join(''));
		const {root, init = 'plain', target = 'multi-user.target'} = options;
		keepDescriptorsFromChildren();
		const script = path.join(import.meta.dirname, 'power.sh');
		const args = [this.dir, root, this.name, this.machineId, init, target];
		this.#power = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', script, ...args], {
			cwd: '/',
			detached: true,
			stdio: ['pipe', 'pipe', 'inherit'],
		});
		if (!this.#power.stdout) throw new Error('no pipe');
		this.#said = readline.createInterface({input: this.#power.stdout})[Symbol.asyncIterator]();
	}

	/** A device that is up. */
	static async boot(t: ExecutionContext, options: DeviceOptions): Promise<Device> {
		const device = new Device(options, await deviceCriu());
		t.teardown(() => device.#end());
		await device.on();
		return device;
	}

	/** Of its PID 1, as this machine counts. */
	get pid(): number {
		return this.#pid;
	}

	/** The number that this machine knows a process of the device by. */
	hostPid(pid: number): number {
		const isIt = (name: string) => {
			const numbers = readText(`/proc/${name}/status`)
				?.match(/^NSpid:\t(.*)$/m)?.[1]
				?.split('\t');
			return Number(numbers?.at(-1)) === pid && readLink(`/proc/${name}/ns/pid`) === ours;
		};
		const ours = readLink(`/proc/${this.#pid}/ns/pid`);
		return Number(fs.readdirSync('/proc').find((name) => /^\d+$/.test(name) && isIt(name)) ?? Number.NaN);
	}

	/** Its cgroup, as this machine sees it. */
	get cgroup(): string {
		return this.#cgroup;
	}

	/** Where this machine sees a path of the device while that is on; links that are absolute lead astray. */
	path(inside: string): string {
		return `/proc/${this.#pid}/root${inside}`;
	}

	/** What it has printed since it is there. */
	console(): string {
		return readText(path.join(this.dir, 'console')) ?? '';
	}

	/** Switches it on; it must be off. Resolves when its PID 1 says that it is up. */
	async on(): Promise<void> {
		this.#power.stdin?.write('on\n');
		const [, unshare, cgroup] = /^on (\d+) (.+)$/.exec(await this.#hear()) ?? [];
		if (unshare === undefined || cgroup === undefined) throw new Error('no power');
		this.#unshare = Number(unshare);
		this.#cgroup = cgroup;
		await (this.#options.init === 'systemd' ? this.#systemdIsUp() : this.#shellIsUp());
	}

	/** Pulls the plug. The disk stays. */
	async off(): Promise<void> {
		this.#power.stdin?.write('off\n');
		const said = await this.#hear();
		if (said !== 'off') throw new Error(said);
	}

	/** The same disk and machine-id, another boot id. */
	async reboot(): Promise<void> {
		await this.off();
		await this.on();
	}

	/** Starts a program in it, as root. Killing the child does not end the program; `off` does. */
	spawn(argv: readonly string[], options: SpawnOptions = {}): ChildProcess {
		const [shell, ...words] = this.command(argv);
		keepDescriptorsFromChildren();
		return spawn(shell, words, {
			stdio: ['pipe', 'pipe', 'pipe'],
			...options,
			env: {...baseEnvironment, ...options.env},
		});
	}

	/** What runs a program in it, from this machine. */
	command(argv: readonly string[]): [string, ...string[]] {
		const inside = path.join(this.#cgroup, 'test');
		fs.mkdirSync(inside, {recursive: true});
		const enter = ['--target', String(this.#pid), '--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup'];
		const script = 'echo $$ > "$0/cgroup.procs" && exec nsenter "$@"';
		return ['sh', '-c', script, inside, ...enter, '--', ...argv];
	}

	/** Runs a program to its end; `input` is all of its standard input. */
	async run(argv: readonly string[], options: SpawnOptions & {input?: string} = {}): Promise<Run> {
		const child = this.spawn(argv, options);
		child.stdin?.on('error', () => {});
		child.stdin?.end(options.input);
		const {stdout, stderr} = child;
		if (!stdout || !stderr) throw new Error('no pipes');
		const [out, error, [code]] = await Promise.all([text(stdout), text(stderr), once(child, 'close')]);
		return {code: code as number, stdout: out, stderr: error};
	}

	/** Runs a program that must succeed. @returns what it printed, without the last line break. */
	async ok(...argv: string[]): Promise<string> {
		const {code, stdout, stderr} = await this.run(argv);
		if (code !== 0) throw new Error(`${this.name}: ${argv.join(' ')}: exit ${code}\n${stdout}${stderr}`);
		return stdout.trimEnd();
	}

	async #hear(): Promise<string> {
		const {value, done} = await this.#said.next();
		if (done) throw new Error(`device ${this.name}: no power\n${this.console()}`);
		return value;
	}

	async #shellIsUp(): Promise<void> {
		await this.#until('it is up', () => {
			const booted = readText(this.path('/run/booted'));
			return booted !== undefined && booted === readText(path.join(this.dir, 'boot_id'));
		});
	}

	/** "degraded" counts: in a container some units have nothing to do, and fail. */
	async #systemdIsUp(): Promise<void> {
		await this.#until('systemd can be asked', () => {
			const isSystemd = readText(`/proc/${this.#pid}/comm`) === 'systemd\n';
			return isSystemd && fs.existsSync(this.path('/run/systemd/private'));
		});
		const {stdout, stderr} = await this.run(['systemctl', 'is-system-running', '--wait']);
		if (!/^(running|degraded)$/m.test(stdout)) {
			throw new Error(`device ${this.name}: ${stdout}${stderr}\n${this.console()}`);
		}
	}

	async #until(what: string, condition: () => boolean): Promise<void> {
		const holds = () => {
			const status = readText(`/proc/${this.#unshare}/stat`);
			if (status === undefined || /\) [ZX] /.test(status)) {
				throw new Error(`device ${this.name} has ended\n${this.console()}`);
			}
			const children = readText(`/proc/${this.#unshare}/task/${this.#unshare}/children`) ?? '';
			this.#pid = Number.parseInt(children, 10) || 0;
			return this.#pid > 0 && condition();
		};
		await until(holds, `device ${this.name}: ${what}`, 60);
	}

	async #end(): Promise<void> {
		if (this.#power.exitCode !== null) return;
		const ended = once(this.#power, 'exit');
		this.#power.stdin?.end();
		await ended;
	}
}
