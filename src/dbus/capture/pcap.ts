import type {ByteQueue} from '../held/byte-queue.js';
import {maxMessageBytes} from '../wire/frame.js';
import {CaptureError, type RecordListener, type RecordReader} from './record.js';

/** Link type of raw D-Bus messages, from the registry of tcpdump.org. */
export const linkTypeDbus = 231;

/** First word of a file: how its numbers and its fractions of a second are written. */
const magics = [
	{magic: 0xa1b2c3d4, perMillisecond: 1e3},
	{magic: 0xa1b23c4d, perMillisecond: 1e6},
];
const fileHeaderBytes = 24;
const recordHeaderBytes = 16;

export function isPcap(head: Buffer): boolean {
	return head.length >= 4 && formatOf(head) !== undefined;
}

function formatOf(head: Buffer): {littleEndian: boolean; perMillisecond: number} | undefined {
	for (const {magic, perMillisecond} of magics) {
		if (head.readUInt32LE(0) === magic) return {littleEndian: true, perMillisecond};
		if (head.readUInt32BE(0) === magic) return {littleEndian: false, perMillisecond};
	}
	return undefined;
}

/** Classic pcap, as `dbus-monitor --pcap`, older `busctl capture` and we write it; both byte orders. */
export class PcapReader implements RecordReader {
	#littleEndian = true;
	#perMillisecond = 0;
	readonly #onRecord: RecordListener;

	constructor(onRecord: RecordListener) {
		this.#onRecord = onRecord;
	}

	read(queue: ByteQueue): void {
		if (this.#perMillisecond === 0 && !this.#readFileHeader(queue)) return;
		while (queue.length >= recordHeaderBytes) {
			const head = queue.peek(recordHeaderBytes);
			const size = this.#uint32(head, 8);
			if (size > maxMessageBytes) throw new CaptureError('record-size');
			if (queue.length < recordHeaderBytes + size) return;
			const at = this.#uint32(head, 0) * 1000 + this.#uint32(head, 4) / this.#perMillisecond;
			const whole = this.#uint32(head, 12);
			queue.take(recordHeaderBytes);
			this.#onRecord(queue.take(size), at, whole);
		}
	}

	#readFileHeader(queue: ByteQueue): boolean {
		if (queue.length < fileHeaderBytes) return false;
		const head = queue.take(fileHeaderBytes);
		const format = formatOf(head);
		if (format === undefined) throw new CaptureError('format');
		this.#littleEndian = format.littleEndian;
		this.#perMillisecond = format.perMillisecond;
		// The upper half of the word has other uses.
		if ((this.#uint32(head, 20) & 0xffff) !== linkTypeDbus) throw new CaptureError('no-dbus');
		return true;
	}

	#uint32(bytes: Buffer, at: number): number {
		return this.#littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
	}
}
