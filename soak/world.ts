import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import type {DemoService} from '../src/dbus/demo-services.js';
import {type PrivateBus, startPrivateBus} from '../src/dbus/private-bus.js';
import {type StartedProgram, startService} from '../src/dbus/start-service.js';
import {Caller} from './caller.js';

/** Bytes of the disk on which checkpoints are written. */
const diskBytes = 64 * 1024 * 1024;

/** A bus with one service, its caller, and a small disk for the checkpoints. */
export class World {
	readonly bus: PrivateBus;
	readonly service: DemoService;
	readonly stateDir: string;
	caller: Caller;
	#program: StartedProgram;
	#pid: number | undefined;

	private constructor(bus: PrivateBus, service: DemoService, caller: Caller, program: StartedProgram) {
		this.bus = bus;
		this.service = service;
		this.stateDir = path.join(bus.dir, 'state');
		this.caller = caller;
		this.#program = program;
	}

	/** Of the service, as it is called here. */
	get pid(): number {
		return this.#pid ?? this.#program.pid;
	}

	/** It was thawed in a pid namespace of its own. */
	set pid(pid: number) {
		this.#pid = pid;
	}

	/** What ended the service, as long as it is our child: not after a thaw. */
	get signal(): string {
		return this.#program.child.signalCode ?? 'thawed before';
	}

	static async make(service: DemoService): Promise<World> {
		const bus = await startPrivateBus();
		const stateDir = path.join(bus.dir, 'state');
		fs.mkdirSync(stateDir, {mode: 0o700});
		execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes},mode=700`, 'tmpfs', stateDir]);
		const program = await startService(bus, service);
		return new World(bus, service, await Caller.start(bus, service), program);
	}

	/** Another instance, after the first was lost. */
	async startAgain(): Promise<void> {
		this.#program = await startService(this.bus, this.service);
		this.#pid = undefined;
	}

	async endDaemon(): Promise<void> {
		try {
			process.kill(this.bus.pid, 'SIGKILL');
		} catch {}
		while (fs.existsSync(`/proc/${this.bus.pid}/exe`)) await new Promise((resolve) => setTimeout(resolve, 2));
	}

	/** Another daemon at the same address. */
	async restartDaemon(): Promise<void> {
		await this.endDaemon();
		fs.rmSync(path.join(this.bus.dir, 'bus'), {force: true});
		const configuration = `--config-file=${path.join(this.bus.dir, 'bus.conf')}`;
		const child = spawn(
			'dbus-daemon',
			[configuration, '--nofork', '--nopidfile', '--nosyslog', '--print-address=1'],
			{
				env: {...process.env, DBUSFREEZE_PRIVATE_BUS: this.bus.dir},
				stdio: ['ignore', 'pipe', 'ignore'],
			},
		);
		await once(child.stdout, 'data');
		child.stdout.destroy();
		child.unref();
	}

	/** Leaves so many bytes on the disk of the checkpoints. */
	fillDisk(left: number): void {
		const {bavail, bsize} = fs.statfsSync(this.stateDir);
		const file = fs.openSync(path.join(this.stateDir, 'ballast'), 'w');
		try {
			const block = Buffer.alloc(64 * 1024);
			for (let rest = Math.max(bavail * bsize - left, 0); rest > 0; rest -= block.length)
				fs.writeSync(file, block, 0, Math.min(block.length, rest));
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
		} finally {
			fs.closeSync(file);
		}
	}

	emptyDisk(): void {
		fs.rmSync(path.join(this.stateDir, 'ballast'), {force: true});
	}

	async end(): Promise<void> {
		this.caller.close();
		execFileSync('umount', ['-l', this.stateDir]);
		await this.bus.stop();
	}
}
