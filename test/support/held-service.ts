import fs from 'node:fs';
import type {ExecutionContext} from 'ava';
import {openDaemonEnd} from '../../src/dbus/held/daemon-end.js';
import {whileDaemonStands} from '../../src/dbus/held/daemon-stop.js';
import {Fates} from '../../src/dbus/held/fates.js';
import {NoiseFilter} from '../../src/dbus/held/noise.js';
import {type HeldMessage, HeldReader} from '../../src/dbus/held/reader.js';
import {type FrozenService, RefusalLog} from '../../src/dbus/held/refusal.js';
import {CallRefuser} from '../../src/dbus/held/refuser.js';
import {StandIn} from '../../src/dbus/held/stand-in.js';
import {NameTakeover} from '../../src/dbus/held/takeover.js';
import {HeldWriter} from '../../src/dbus/held/writer.js';
import {type HeldEnd, hold, letGo, outsideEnds} from '../../src/dbus/hold.js';
import {closeFd} from '../../src/kernel/descriptor.js';
import {readStat} from '../../src/kernel/proc-stat.js';
import {sendWithFds} from '../../src/kernel/socket-messages.js';
import {snapshotProcesses} from '../../src/process/snapshot.js';
import {until} from './bus.js';

/**
 * A service that stands still (SIGSTOP, which is what the bus sees of a freeze) and whose bus connection is
 * held, with all that refusing needs.
 */
export class HeldService {
	readonly reader: HeldReader;
	readonly writer: HeldWriter;
	readonly noise = new NoiseFilter();
	readonly fates: Fates;
	readonly takeover: NameTakeover;
	readonly log = new RefusalLog();
	readonly service: FrozenService;
	/** Read from the socket and to be given back. */
	kept: HeldMessage[] = [];
	#isPumping = false;
	#isReleased = false;

	private constructor(
		readonly address: string,
		readonly end: HeldEnd,
		uniqueName: string,
		names: readonly string[],
	) {
		this.reader = new HeldReader(end.ourFd);
		this.writer = new HeldWriter(end.ourFd);
		this.fates = new Fates(this.noise);
		this.takeover = new NameTakeover({writer: this.writer, noise: this.noise, owner: uniqueName});
		this.service = {
			names,
			uniqueName,
			pid: end.pid,
			comm: 'service',
			checkpoint: 'test-checkpoint',
			since: Date.now(),
		};
	}

	/** Stops the process and holds its connection to the bus, whose socket has a folder of its own. */
	static async stop(
		t: ExecutionContext,
		address: string,
		pid: number,
		uniqueName: string,
		names: readonly string[],
	): Promise<HeldService> {
		process.kill(pid, 'SIGSTOP');
		await until(() => readStat(pid)?.state === 'T', 'it stands');
		return HeldService.hold(t, address, pid, uniqueName, names);
	}

	/** Holds its connection while it runs. */
	static hold(
		t: ExecutionContext,
		address: string,
		pid: number,
		uniqueName: string,
		names: readonly string[],
	): HeldService {
		const folder = /unix:path=([^,]+\/)/.exec(address)?.[1] ?? '';
		const ends = outsideEnds(snapshotProcesses(pid)).filter(({peer}) => peer.includes(folder));
		t.is(ends.length, 1, 'one bus connection');
		const held = hold(ends);
		const service = new HeldService(address, held[0] as HeldEnd, uniqueName, names);
		t.teardown(() => service.release());
		return service;
	}

	/** Holds nothing any more. */
	release(): void {
		this.#isPumping = false;
		if (!this.#isReleased) letGo([this.end]);
		this.#isReleased = true;
	}

	get pid(): number {
		return this.end.pid;
	}

	async standIn(t: ExecutionContext, uid?: number): Promise<StandIn> {
		const location = {address: this.address, ...(uid === undefined ? {} : {uid})};
		const standIn = await StandIn.open(location, this.service, this.log);
		t.teardown(() => standIn.close());
		return standIn;
	}

	/** Gives what waits in the socket its fate. */
	sort(): void {
		this.kept.push(...this.fates.keep(this.reader.read()));
	}

	/** Sorts all the time from now on, and refuses calls. */
	refuseCalls(): void {
		this.fates.refuser = new CallRefuser(this.writer, this.service, this.log);
		this.#isPumping = true;
		const pump = () => {
			if (!this.#isPumping) return;
			this.sort();
			setTimeout(pump, 1);
		};
		pump();
	}

	/** Hands everything back, and lets the service run. */
	async resume(): Promise<void> {
		await this.putBack();
		process.kill(this.pid, 'SIGCONT');
	}

	/** Gives the names back, takes all noise out, and puts the rest back. */
	async putBack(): Promise<void> {
		await this.takeover.giveBack();
		await until(() => {
			this.sort();
			return this.noise.outstanding === 0;
		}, 'all noise has come');
		this.#isPumping = false;
		const daemonEnd = openDaemonEnd(this.end.ourFd);
		if (!daemonEnd) throw new Error('the daemon has closed');
		whileDaemonStands(daemonEnd.pid, () => {
			this.sort();
			if (this.reader.partial > 0) throw new Error('no whole frame');
			for (const {bytes, fds} of this.kept)
				if (sendWithFds(daemonEnd.fd, bytes, fds) !== bytes.length) throw new Error('no room');
		});
		closeFd(daemonEnd.fd);
		for (const fd of this.kept.flatMap((message) => message.fds)) closeFd(fd);
		this.kept = [];
	}
}

/** Lines that a program has logged so far. */
export function loggedLines(logPath: string): string[] {
	return fs.readFileSync(logPath, 'utf8').trim().split('\n');
}
