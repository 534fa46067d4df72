import {execFileSync} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {messages} from '../scripts/messages.mjs';
import {printError, SetupError} from '../scripts/setup/report.mjs';
import {type Image, makeImage} from './image.js';
import {type Boot, boot, type Machine, type Said} from './machine.js';

/*
 * npm run test:reboot: real machines, emulated, with the program in them. One freezes, is started anew and thaws; a
 * second one, with a weaker processor at first, gets a packed service. Prints what was seen of each requirement.
 */

/** All that qemu can; with cx16 the kernel panics now and then under emulation on several threads. */
const strong = 'max,-cx16';
const weak = 'Nehalem,-cx16';

const boots: Array<Boot & {machine: 'first' | 'second'; title: string}> = [
	{machine: 'first', part: 'freeze', cpu: strong, title: 'first machine'},
	{machine: 'first', part: 'again', cpu: strong, title: 'first machine, started anew'},
	{machine: 'second', part: 'weaker', cpu: weak, title: 'second machine, a weaker processor'},
	{
		machine: 'second',
		part: 'elsewhere',
		cpu: strong,
		clock: '2020-01-01',
		title: 'second machine, clock behind',
	},
];

/** What the table must have a line of. */
const requirements = [
	'R1',
	'R2',
	'R3',
	'R4',
	'R5',
	'R5 (number taken)',
	'R6 (weaker processor)',
	'R6 (forced)',
	'R6',
	'R6 (clock)',
];

interface Line {
	requirement: string;
	ok: boolean;
	seen: string;
}

async function main(): Promise<number> {
	if (process.arch !== 'x64') throw new SetupError(messages.rebootX64);
	if (process.getuid?.() !== 0) throw new SetupError(messages.rebootRoot);
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dbusfreeze-reboot-'));
	process.once('exit', () => fs.rmSync(folder, {recursive: true, force: true}));
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
	const start = performance.now();
	const image = await makeImage(folder);
	const lines = await bootAll(image, folder);
	const missing = requirements.filter((one) => !lines.some(({requirement}) => requirement === one));
	for (const requirement of missing) lines.push({requirement, ok: false, seen: 'nothing'});
	process.stdout.write('\n');
	for (const {requirement, ok, seen} of lines)
		process.stdout.write(`${requirement.padEnd(22)} ${ok ? 'pass' : 'FAIL'}  ${seen}\n`);
	process.stdout.write(`\nall in ${seconds(start)}\n`);
	return lines.every(({ok}) => ok) ? 0 : 1;
}

async function bootAll(image: Image, folder: string): Promise<Line[]> {
	const carry = path.join(folder, 'carry.ext4');
	execFileSync('truncate', ['-s', '64M', carry]);
	execFileSync('mke2fs', ['-q', '-t', 'ext4', carry]);
	const machines = new Map<string, Machine>();
	const lines: Line[] = [];
	for (const {machine: name, title, ...what} of boots) {
		const machine = machines.get(name) ?? newMachine(image, path.join(folder, `${name}.ext4`));
		machines.set(name, machine);
		const start = performance.now();
		const log = path.join(folder, `${what.part}.log`);
		const said = await boot(image, machine, carry, what, log);
		process.stdout.write(`${title} (${what.cpu}): ${seconds(start)}\n`);
		lines.push(...said.filter((one) => 'requirement' in one).map((one) => one as unknown as Line));
		if (!said.some(({done}) => done === true)) tellFailure(said, log);
		const {bootId, kernel, cpu} = said.find((one) => 'bootId' in one) ?? {};
		process.stdout.write(`  boot ${bootId}, Linux ${kernel}, ${cpu}\n`);
	}
	return lines;
}

function newMachine({disk}: Image, copy: string): Machine {
	execFileSync('cp', ['--sparse=always', '--reflink=auto', disk, copy]);
	return {id: randomUUID().replaceAll('-', ''), disk: copy};
}

function tellFailure(said: readonly Said[], log: string): void {
	for (const one of said)
		if ('failed' in one || 'dmesg' in one) process.stdout.write(`  ${JSON.stringify(one)}\n`);
	const all = fs.readFileSync(log, 'utf8').split('\n');
	process.stdout.write(
		`${all
			.slice(-30)
			.map((line) => `  | ${line}`)
			.join('\n')}\n`,
	);
}

const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

try {
	process.exitCode = await main();
} catch (error) {
	if (!(error instanceof SetupError)) throw error;
	printError(error);
	process.exitCode = error.exitCode;
}
