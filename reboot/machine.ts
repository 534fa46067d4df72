import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs';
import readline from 'node:readline';
import type {Image} from './image.js';

/** A machine that is started again and again: what stays is its disk, and its id. */
export interface Machine {
	id: string;
	disk: string;
}

export interface Boot {
	/** What guest.ts shall do. */
	part: string;
	/** As `-cpu` of qemu. */
	cpu: string;
	/** What its clock says when it is switched on, as `-rtc base` of qemu. */
	clock?: string;
}

/** What a guest said, one object each. */
export type Said = Record<string, unknown>;

/** Megabytes. */
const memory = 1024;

/** A part that takes longer hangs; seconds. The longest takes 200 on a machine that is busy otherwise. */
const limit = 500;

/**
 * Switches a machine on and waits until it has switched itself off. Emulated in software: virtualisation is not to be had
 * everywhere, and could not change the processor.
 * @param carry a disk that goes from machine to machine.
 * @param log gets everything that the guest prints.
 */
export async function boot(
	image: Image,
	machine: Machine,
	carry: string,
	{part, cpu, clock}: Boot,
	log: string,
): Promise<Said[]> {
	const drive = (file: string) => ['-drive', `file=${file},format=raw,if=virtio,cache=unsafe`];
	const child = spawn(
		'setpriv',
		[
			// It must not outlive us.
			...['--pdeathsig', 'KILL', 'qemu-system-x86_64'],
			...['-accel', 'tcg,thread=multi', '-cpu', cpu, '-m', String(memory), '-smp', '2'],
			...['-nodefaults', '-nographic', '-no-reboot', '-serial', 'stdio'],
			...['-kernel', image.kernel, '-initrd', image.initramfs],
			...['-append', `console=ttyS0 quiet panic=-1 rdinit=/init part=${part} machine=${machine.id}`],
			...drive(machine.disk),
			...drive(carry),
			...(clock ? ['-rtc', `base=${clock}`] : []),
		],
		{stdio: ['ignore', 'pipe', 'inherit']},
	);
	const timer = setTimeout(() => child.kill('SIGKILL'), limit * 1000);
	const said: Said[] = [];
	const output = fs.createWriteStream(log);
	const over = once(child, 'exit');
	for await (const line of readline.createInterface({input: child.stdout})) {
		output.write(`${line}\n`);
		if (line.startsWith('@@')) said.push(JSON.parse(line.slice(2)) as Said);
	}
	await over;
	output.end();
	clearTimeout(timer);
	return said;
}
