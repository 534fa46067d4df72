import type {Random} from './random.js';

const bytes = [0, 1, 2, 0x7f, 0x80, 0xff, ...Buffer.from('ybnqiuxtdsoghva(){}lB')];
/** Lengths around the specification's limits, and around what a 32-bit number can do. */
const words = [0, 1, 3, 8, 255, 256, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff, 1 << 26, 1 << 27];

type Mutation = (bytes: Buffer, random: Random) => Buffer;

/** Ways to damage a message (or a file): each returns a buffer, often the same one. */
const mutations: Mutation[] = [
	(frame, random) => {
		const at = random.below(frame.length);
		frame[at] = (frame[at] as number) ^ (1 << random.below(8));
		return frame;
	},
	(frame, random) => {
		frame[random.below(frame.length)] = random.pick(bytes);
		return frame;
	},
	(frame, random) => {
		const at = random.below(frame.length / 4) * 4;
		if (at + 4 > frame.length) return frame;
		const near = frame.readUInt32LE(at) + random.below(17) - 8;
		const word = (random.oneIn(2) ? random.pick(words) : near) >>> 0;
		if (random.oneIn(2)) frame.writeUInt32LE(word, at);
		else frame.writeUInt32BE(word, at);
		return frame;
	},
	(frame, random) => frame.subarray(0, random.below(frame.length)),
	(frame, random) => {
		const at = random.below(frame.length);
		const noise = Buffer.from(Array.from({length: 1 + random.below(16)}, () => random.pick(bytes)));
		return Buffer.concat([frame.subarray(0, at), noise, frame.subarray(at)]);
	},
	(frame, random) => {
		const from = random.below(frame.length);
		return Buffer.concat([frame, frame.subarray(from, from + random.below(64))]);
	},
	(frame, random) => {
		const to = random.below(frame.length);
		const from = random.below(frame.length);
		frame.copy(frame, to, from, from + random.below(32));
		return frame;
	},
	(frame, random) => {
		const at = random.below(frame.length);
		return Buffer.concat([frame.subarray(0, at), frame.subarray(at + 1 + random.below(8))]);
	},
];

/** A damaged copy: one to five damages. */
export function mutated(original: Buffer, random: Random): Buffer {
	let damaged: Buffer = Buffer.from(original);
	for (let count = 1 + random.below(5); count > 0 && damaged.length > 0; count--) {
		damaged = random.pick(mutations)(damaged, random);
	}
	return damaged;
}
