import {type ChildProcess, spawn} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import {readCapture} from '../src/dbus/capture/read.js';
import {type PrivateBus, startPrivateBus} from '../src/dbus/private-bus.js';
import {field} from '../src/dbus/wire/header.js';
import {flood, type Spent, settled, spentOnFlood, stop} from './flood.js';
import {type BenchRow, median, row} from './rows.js';

/** Messages of one flood; `--messages` says another number. */
const usualCount = 100_000;
const rounds = 3;
/** Above so many messages one round is long enough to be steady. */
const manyMessages = 500_000;
/** Milliseconds without any CPU use: what was not written yet would count as lost. */
const idleBeforeCount = 3000;

interface Contender {
	name: string;
	argv(address: string): [string, ...string[]];
	/** How many of the flood's messages a file of its output has. */
	countIn(file: string): Promise<number>;
}

const main = path.resolve(import.meta.dirname, '../dist/cli/main.js');
const ours =
	(...args: string[]) =>
	(address: string): [string, ...string[]] => [process.execPath, main, '--address', address, ...args];

/** What each prints, and who prints the same. */
const kinds: Array<{ours: Contender; peers: Contender[]}> = [
	{
		ours: {name: 'watch', argv: ours('watch'), countIn: countLines},
		peers: [
			{
				name: 'dbus-monitor --profile',
				argv: (address) => ['dbus-monitor', '--address', address, '--profile'],
				countIn: countLines,
			},
		],
	},
	{
		ours: {name: 'watch --json', argv: ours('--json', 'watch'), countIn: countLines},
		peers: [
			{
				name: 'busctl monitor --json=short',
				argv: (address) => ['busctl', `--address=${address}`, 'monitor', '--json=short'],
				countIn: countLines,
			},
		],
	},
	{
		ours: {name: 'watch --pcap -', argv: ours('watch', '--pcap', '-'), countIn: countRecords},
		peers: [
			{
				name: 'dbus-monitor --pcap',
				argv: (address) => ['dbus-monitor', '--address', address, '--pcap'],
				countIn: countRecords,
			},
			{
				name: 'busctl capture',
				argv: (address) => ['busctl', `--address=${address}`, 'capture'],
				countIn: countRecords,
			},
		],
	},
];

/** The mark of a message of the flood. */
const member = 'PropertiesChanged';

async function countLines(file: string): Promise<number> {
	let count = 0;
	for await (const line of readline.createInterface({input: fs.createReadStream(file)})) {
		if (line.includes(member)) count++;
	}
	return count;
}

async function countRecords(file: string): Promise<number> {
	const wanted = Buffer.from(member);
	let count = 0;
	await readCapture(file, {
		onMessage(header) {
			if (header.is(field.member, wanted)) count++;
		},
	});
	return count;
}

interface Figures {
	/** CPU seconds of each round. */
	cpu: number[];
	/** The same for its start. */
	start: number[];
	/** Megabytes at most. */
	peak: number;
	lost: number;
}

/**
 * CPU seconds that a monitor spends on a flood of signals sent as fast as the daemon routes them, start-up not
 * counted, output to /dev/null, and the most memory that it had. Then each once more into a file, to count what
 * was lost.
 */
export async function monitorBench(count = usualCount): Promise<BenchRow[]> {
	const bus = await startPrivateBus();
	try {
		const all = kinds.flatMap((kind) => [kind.ours, ...kind.peers]);
		const figures = new Map(
			all.map((one): [Contender, Figures] => [one, {cpu: [], start: [], peak: 0, lost: 0}]),
		);
		for (let round = 0; round < (count >= manyMessages ? 1 : rounds); round++) {
			for (const [contender, figure] of figures) {
				const {seconds, startSeconds, megabytes} = await measure(bus, contender, count);
				figure.cpu.push(seconds);
				figure.start.push(startSeconds);
				figure.peak = Math.max(figure.peak, megabytes);
			}
		}
		for (const [contender, figure] of figures) figure.lost = await countLost(bus, contender, count);
		return kinds.flatMap((kind) =>
			kind.peers.flatMap((peer) => rowsOf(kind.ours, peer, figures as Map<Contender, Figures>, count)),
		);
	} finally {
		await bus.stop();
	}
}

function rowsOf(
	us: Contender,
	peer: Contender,
	figures: ReadonlyMap<Contender, Figures>,
	count: number,
): BenchRow[] {
	const [mine, theirs] = [figures.get(us), figures.get(peer)];
	if (mine === undefined || theirs === undefined) return [];
	const name = `${us.name}, ${count.toLocaleString('en')} messages`;
	return [
		row({
			name,
			ours: median(mine.cpu),
			peer: median(theirs.cpu),
			peerName: peer.name,
			unit: 's',
			target: 1,
			note:
				`CPU time; start-up, not counted: ${median(mine.start).toFixed(2)} and ${median(theirs.start).toFixed(2)} s; ` +
				`messages lost: ${mine.lost}, by ${peer.name} ${theirs.lost}`,
		}),
		row({
			name: `${name}, peak memory`,
			ours: mine.peak,
			peer: theirs.peak,
			peerName: peer.name,
			unit: 'MB',
			note: 'the Node runtime alone takes about 50 MB',
		}),
	];
}

async function measure(bus: PrivateBus, contender: Contender, count: number): Promise<Spent> {
	const monitor = await start(bus, contender, 'ignore');
	const spent = await spentOnFlood(bus, monitor.pid, count);
	await stop(monitor);
	return spent;
}

async function countLost(bus: PrivateBus, contender: Contender, count: number): Promise<number> {
	const file = path.join(bus.dir, 'monitor.out');
	const output = fs.openSync(file, 'w', 0o600);
	const monitor = await start(bus, contender, output);
	fs.closeSync(output);
	await flood(bus, count);
	await settled(monitor.pid, idleBeforeCount);
	await stop(monitor);
	return count - (await contender.countIn(file));
}

async function start(
	bus: PrivateBus,
	{argv}: Contender,
	stdout: 'ignore' | number,
): Promise<ChildProcess & {pid: number}> {
	const [command, ...args] = argv(bus.address);
	const monitor = spawn(command, args, {stdio: ['ignore', stdout, 'ignore']});
	if (monitor.pid === undefined) throw new Error(`cannot start ${command}`);
	const started = monitor as ChildProcess & {pid: number};
	await settled(started.pid);
	return started;
}
