import {checkFile, checkMessage, checkQuery, checkStream} from './checks.js';
import {randomMessage} from './generate.js';
import {mutated} from './mutate.js';
import {Random} from './random.js';

export interface FuzzResult {
	frames: number;
	/** Damaged frames that still were messages. */
	accepted: number;
	/** Milliseconds of the slowest frame. */
	slowest: number;
}

/** Damages made of one good message. */
const perMessage = 20;
/** One in so many damaged frames comes as a stream, which needs a large buffer each time. */
const streamEvery = 5;
/** One in so many rounds damages a whole file, and a filter. */
const fileEvery = 10;
const filters = [
	'from:a,b -member:Get slower:20ms',
	"type='signal',arg0='x' or (body:\"a b\" @saved)",
	'not (a or !b)',
];

/**
 * Decodes, prints, masks, filters and reads back `frames` damaged messages. Throws at the first defect, with the
 * seed of its round and the frame in hexadecimal.
 */
export function fuzz(frames: number, seed: number, onProgress?: (done: number) => void): FuzzResult {
	const result: FuzzResult = {frames: 0, accepted: 0, slowest: 0};
	for (let round = 0; result.frames < frames; round++) {
		const random = new Random(seed + round);
		const message = randomMessage(random);
		if (!checkMessage(message)) throw new Error(`seed ${seed + round}: a good message is refused`);
		for (let count = 0; count < perMessage; count++) {
			const frame = mutated(message, random);
			const started = performance.now();
			try {
				if (count % streamEvery === 0) checkStream(frame, random);
				if (checkMessage(frame)) result.accepted++;
			} catch (error) {
				throw new Error(`seed ${seed + round}, frame ${frame.toString('hex')}`, {cause: error});
			}
			result.slowest = Math.max(result.slowest, performance.now() - started);
			result.frames++;
		}
		if (round % fileEvery === 0) fuzzFile(message, random, seed + round);
		onProgress?.(result.frames);
	}
	return result;
}

function fuzzFile(message: Buffer, random: Random, seed: number): void {
	const file = mutated(random.pick([pcap, pcapng, lines])(message), random);
	const filter = mutated(Buffer.from(random.pick(filters)), random).toString();
	try {
		checkFile(file, random);
		checkQuery(filter);
	} catch (error) {
		throw new Error(`seed ${seed}, filter ${filter}, file ${file.toString('hex')}`, {cause: error});
	}
}

const words = (...values: number[]): Buffer => {
	const bytes = Buffer.alloc(values.length * 4);
	for (const [index, value] of values.entries()) bytes.writeUInt32LE(value >>> 0, index * 4);
	return bytes;
};

function pcap(message: Buffer): Buffer {
	const record = [words(1, 2, message.length, message.length), message];
	return Buffer.concat([words(0xa1b2c3d4, 0, 0, 0, 1 << 27, 231), ...record, ...record]);
}

function pcapng(message: Buffer): Buffer {
	const padded = Buffer.concat([message, Buffer.alloc((4 - (message.length % 4)) % 4)]);
	const size = padded.length + 32;
	const packet = [words(6, size, 0, 0, 1, message.length, message.length), padded, words(size)];
	return Buffer.concat([
		words(0x0a0d0d0a, 28, 0x1a2b3c4d, 1, -1, -1, 28),
		words(1, 20, 231, 0, 20),
		...packet,
		...packet,
	]);
}

function lines(): Buffer {
	const line =
		'{"type":"signal","serial":1,"sender":":1.1","signature":"sav","body":["a",[{"type":"t","data":"7"}]]}\n';
	return Buffer.from(line.repeat(3));
}
