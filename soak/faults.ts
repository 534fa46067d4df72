import {setTimeout as delay} from 'node:timers/promises';
import {busSocketsOf, criuOf, shutDown} from '../test/support/survival.js';
import type {Random} from './random.js';
import type {World} from './world.js';

export const faultKinds = [
	'none',
	'keeper killed',
	'criu killed',
	'criu hangs',
	'front end gone',
	'stand-in cut off',
	'keeper cut off',
	'daemon killed',
	'daemon restarted',
	'disk full',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export const phases = ['freeze', 'frozen', 'thaw'] as const;
export type Phase = (typeof phases)[number];

/** What a round does, and what happens to it. */
export interface Plan {
	operation: 'freeze and thaw' | 'cycle';
	policy: 'queue' | 'refuse';
	/** The policy is changed while it is frozen. */
	switches: boolean;
	fault: FaultKind;
	phase: Phase;
	/** From the beginning of the phase (with criu: of its work) to the fault, milliseconds. */
	delayMs: number;
	/** Bytes left on a full disk. */
	left: number;
	/** It is thawed in a pid namespace of its own, and stays in one. */
	nested: boolean;
}

/** Typical lengths of what a fault shall hit, milliseconds. */
const phaseMs = 150;
const criuMs = 60;

export function planOf(random: Random): Plan {
	// Those that stop a whole daemon cost a new bus each: fewer of them.
	const weighted = faultKinds.flatMap((kind) =>
		kind.startsWith('daemon') || kind === 'none' ? [kind] : [kind, kind],
	);
	const fault = random.one(weighted);
	const ofCriu = fault.startsWith('criu');
	const operation = random.next() < 0.25 ? 'cycle' : 'freeze and thaw';
	const possible =
		operation === 'cycle' ? ['freeze' as const] : ofCriu ? (['freeze', 'thaw'] as const) : phases;
	return {
		operation,
		policy: fault === 'stand-in cut off' || random.next() < 0.5 ? 'refuse' : 'queue',
		switches: random.next() < 0.2,
		fault,
		phase: random.one<Phase>(possible),
		delayMs: random.next() * (ofCriu ? criuMs : phaseMs),
		left: random.one([0, 4096, 100_000, 500_000]),
		nested: random.next() < 0.3,
	};
}

export interface Surroundings {
	world: World;
	checkpoint: string;
	keeperPid: number;
	/** Inodes of the held sockets, as far as they are known. */
	held: readonly number[];
	leave: () => void;
	/** The phase is over. */
	isOver: () => boolean;
}

/** @returns whether it hit anything. */
export async function strike({fault, delayMs, left}: Plan, around: Surroundings): Promise<boolean> {
	const {world, keeperPid} = around;
	if (fault.startsWith('criu'))
		return strikeCriu(fault === 'criu hangs' ? 'SIGSTOP' : 'SIGKILL', delayMs, around);
	await delay(delayMs);
	switch (fault) {
		case 'keeper killed':
			return kill(keeperPid, 'SIGKILL');
		case 'front end gone':
			around.leave();
			return true;
		case 'stand-in cut off':
		case 'keeper cut off': {
			const own = busSocketsOf(keeperPid, world.bus.pid).filter((inode) => !around.held.includes(inode));
			const cut = fault === 'stand-in cut off' ? own.slice(0, 1) : own;
			for (const inode of cut) cutOff(keeperPid, inode);
			return cut.length > 0;
		}
		case 'daemon killed':
			await world.endDaemon();
			return true;
		case 'daemon restarted':
			await world.restartDaemon();
			return true;
		case 'disk full':
			world.fillDisk(left);
			return true;
		default:
			return false;
	}
}

async function strikeCriu(signal: NodeJS.Signals, delayMs: number, around: Surroundings): Promise<boolean> {
	while (!around.isOver()) {
		if (criuAtWork(around.checkpoint) !== undefined) {
			await delay(delayMs);
			const pid = criuAtWork(around.checkpoint);
			return pid !== undefined && kill(pid, signal);
		}
		await delay(1);
	}
	return false;
}

function criuAtWork(checkpoint: string): number | undefined {
	try {
		return criuOf(checkpoint);
	} catch {
		return undefined;
	}
}

function cutOff(pid: number, inode: number): void {
	try {
		shutDown(pid, inode);
	} catch {
		// It was closed in between.
	}
}

function kill(pid: number, signal: NodeJS.Signals): boolean {
	try {
		process.kill(pid, signal);
		return true;
	} catch {
		return false;
	}
}
