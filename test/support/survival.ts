import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import readline from 'node:readline';
import {Checkpoint} from '../../src/checkpoint/folder.js';
import {criuProcesses, isHalfRestored} from '../../src/criu/leftovers.js';
import type {DemoService} from '../../src/dbus/demo-services.js';
import {closeFd} from '../../src/kernel/descriptor.js';
import {systemCall} from '../../src/kernel/library.js';
import {duplicateFd, openPidfd} from '../../src/kernel/pidfd.js';
import {readStat} from '../../src/kernel/proc-stat.js';
import {listUnixSockets} from '../../src/kernel/sock-diag.js';
import {fdNumbers, inodeIn} from '../../src/process/fds.js';
import {readLink, readText} from '../../src/process/read.js';
import type {SessionEvent} from '../../src/session/events.js';
import {traces} from '../../src/session/repair/left-behind.js';
import type {Cli, JsonError} from './cli.js';

/** A command under way with `--json --step`: it goes from gate to gate as it is told, and says how it ended. */
export class Stepped {
	checkpoint: string;
	readonly #child: ChildProcess;
	readonly #lines: AsyncIterator<string>;
	readonly #closed: Promise<unknown>;
	#last = '';

	constructor(child: ChildProcess, checkpoint = '') {
		this.#child = child;
		this.checkpoint = checkpoint;
		if (!child.stdout) throw new Error('no pipe');
		this.#lines = readline.createInterface({input: child.stdout})[Symbol.asyncIterator]();
		this.#closed = once(child, 'close');
		child.stdin?.on('error', () => {});
		child.stderr?.resume();
	}

	static freeze(cli: Cli, name: string, ...options: string[]): Stepped {
		return new Stepped(cli.start('--json', 'freeze', '--step', name, ...options));
	}

	static thaw(cli: Cli, checkpoint: string, ...options: string[]): Stepped {
		return new Stepped(cli.start('--json', 'thaw', '--step', checkpoint, ...options), checkpoint);
	}

	/** Goes on until the command waits at `stage`. */
	async to(stage: string): Promise<void> {
		for (;;) {
			const {value, done} = await this.#lines.next();
			if (done) throw new Error(`it ended before ${stage}: ${this.#last}`);
			this.#last = value;
			const event = JSON.parse(value) as SessionEvent;
			if (event.type === 'started') this.checkpoint = event.checkpoint;
			if (event.type !== 'stage-reached' || !event.gate) continue;
			if (event.stage === stage) return;
			this.next();
		}
	}

	next(): void {
		this.#child.stdin?.write('n\n');
	}

	kill(signal: NodeJS.Signals = 'SIGKILL'): void {
		this.#child.kill(signal);
	}

	/** Goes on to the end: the exit code, and the last document that was printed. */
	async end<Result = JsonError>(): Promise<{code: number; document: Result}> {
		for (;;) {
			const {value, done} = await this.#lines.next();
			if (done) break;
			this.#last = value;
			const event = JSON.parse(value) as SessionEvent;
			if (event.type === 'stage-reached' && event.gate) this.next();
		}
		await this.#closed;
		return {code: this.#child.exitCode ?? -1, document: JSON.parse(this.#last) as Result};
	}
}

export function keeperOf(checkpoint: string): number {
	return new Checkpoint(checkpoint).readManifest().keeper?.pid ?? -1;
}

/** The criu at work for this checkpoint: not its scripts, and not what it has forked. */
export function criuOf(checkpoint: string): number {
	const all = ofCheckpoint(checkpoint).filter(
		(pid) => !readText(`/proc/${pid}/cmdline`)?.endsWith('/stage\0'),
	);
	const found = all.find((pid) => !all.includes(readStat(pid)?.ppid ?? 0));
	if (found === undefined) throw new Error('no criu is at work');
	return found;
}

function ofCheckpoint(checkpoint: string): number[] {
	return traces(new Checkpoint(checkpoint)).flatMap(criuProcesses);
}

/** What must not be there when nothing is under way; an empty list is good. */
export function strays(checkpoint: string, pids: readonly number[], daemonPid: number): string[] {
	const stopped = [daemonPid, ...pids].filter((pid) => /[tT]/.test(readStat(pid)?.state ?? ''));
	return [
		...ofCheckpoint(checkpoint).map(
			(pid) => `left: ${pid} ${readText(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ')}`,
		),
		...pids.filter(isHalfRestored).map((pid) => `restored by half: ${pid}`),
		...stopped.map((pid) => `stopped: ${pid} ${readStat(pid)?.comm}`),
	];
}

/** Processes of a service on the bus in `dir` that are alive. */
export function instances(service: DemoService, dir: string): number[] {
	const program = service.argv.at(-1) ?? '';
	return fs
		.readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map(Number)
		.filter((pid) => {
			const words = (readText(`/proc/${pid}/cmdline`) ?? '').split('\0');
			const isIt = words.includes(program) && !words.includes('-D');
			const isHere = isIt && readText(`/proc/${pid}/environ`)?.includes(`DBUSFREEZE_PRIVATE_BUS=${dir}\0`);
			return isHere && !/[ZX]/.test(readStat(pid)?.state ?? 'X');
		});
}

/** shutdown(2) on a socket of another process, as if the daemon had closed it. */
export function shutDown(pid: number, inode: number): void {
	const fd = fdNumbers(pid).find((one) => readLink(`/proc/${pid}/fd/${one}`) === `socket:[${inode}]`);
	if (fd === undefined) throw new Error(`process ${pid} has no socket ${inode}`);
	const pidfd = openPidfd(pid);
	const copy = duplicateFd(pidfd, fd);
	systemCall('shutdown', process.arch === 'arm64' ? 210 : 48, copy, 2);
	closeFd(copy);
	closeFd(pidfd);
}

/** Inodes of the sockets of a process whose other ends are with the daemon, newest first. */
export function busSocketsOf(pid: number, daemonPid: number): number[] {
	const ofDaemon = new Set(socketsOf(daemonPid));
	const toDaemon = new Set(
		listUnixSockets().flatMap(({inode, peerInode}) => (peerInode && ofDaemon.has(inode) ? [peerInode] : [])),
	);
	return socketsOf(pid)
		.filter((inode) => toDaemon.has(inode))
		.sort((a, b) => b - a);
}

function socketsOf(pid: number): number[] {
	return fdNumbers(pid)
		.map((fd) => readLink(`/proc/${pid}/fd/${fd}`) ?? '')
		.filter((target) => target.startsWith('socket:['))
		.map((target) => inodeIn(target) ?? 0);
}
