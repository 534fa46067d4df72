import type {ByteQueue} from '../held/byte-queue.js';
import {maxMessageBytes} from '../wire/frame.js';
import {linkTypeDbus} from './pcap.js';
import {CaptureError, type RecordListener, type RecordReader} from './record.js';

/** Block types and options of draft-ietf-opsawg-pcapng. */
const block = {section: 0x0a0d0d0a, interface: 1, simplePacket: 3, enhancedPacket: 6} as const;
const option = {end: 0, timestampResolution: 9, timestampOffset: 14} as const;
const byteOrderMagic = 0x1a2b3c4d;

/** Type and length; the length is repeated at the end. */
const blockHeadBytes = 8;
const blockTailBytes = 4;
/** A message in a block, with options beside it. */
const largestBlock = maxMessageBytes + 1024 * 1024;

interface CaptureInterface {
	isDbus: boolean;
	/** Of its time stamps: how many make a second, and seconds to add. */
	perSecond: number;
	offset: number;
}

export function isPcapng(head: Buffer): boolean {
	// The same in both byte orders.
	return head.length >= 4 && head.readUInt32LE(0) === block.section;
}

/** pcapng, as Wireshark saves it and newer `busctl capture` writes it. Packets that are no D-Bus are passed over. */
export class PcapngReader implements RecordReader {
	#littleEndian = true;
	#interfaces: CaptureInterface[] = [];
	readonly #onRecord: RecordListener;

	constructor(onRecord: RecordListener) {
		this.#onRecord = onRecord;
	}

	read(queue: ByteQueue): void {
		while (queue.length >= blockHeadBytes + blockTailBytes) {
			// A section says its byte order after its length.
			const head = queue.peek(blockHeadBytes + blockTailBytes);
			if (head.readUInt32LE(0) === block.section) this.#beginSection(head.readUInt32LE(blockHeadBytes));
			const size = this.#uint32(head, 4);
			if (size % 4 !== 0 || size < blockHeadBytes + blockTailBytes || size > largestBlock) {
				throw new CaptureError('block');
			}
			if (queue.length < size) return;
			const bytes = queue.take(size);
			this.#block(this.#uint32(bytes, 0), bytes.subarray(blockHeadBytes, size - blockTailBytes));
		}
	}

	#beginSection(magic: number): void {
		this.#littleEndian = magic === byteOrderMagic;
		if (!this.#littleEndian && magic !== 0x4d3c2b1a) throw new CaptureError('block');
		this.#interfaces = [];
	}

	#block(type: number, body: Buffer): void {
		if (type === block.interface) this.#interfaces.push(this.#describe(body));
		else if (type === block.enhancedPacket) this.#enhancedPacket(body);
		else if (type === block.simplePacket) this.#simplePacket(body);
	}

	#describe(body: Buffer): CaptureInterface {
		if (body.length < 8) throw new CaptureError('block');
		const described = {isDbus: this.#uint16(body, 0) === linkTypeDbus, perSecond: 1e6, offset: 0};
		for (let at = 8; at + 4 <= body.length; ) {
			const code = this.#uint16(body, at);
			const size = this.#uint16(body, at + 2);
			const value = body.subarray(at + 4, at + 4 + size);
			if (code === option.end) break;
			if (code === option.timestampResolution && value.length === 1) {
				const exponent = (value[0] as number) & 0x7f;
				described.perSecond = ((value[0] as number) & 0x80) === 0 ? 10 ** exponent : 2 ** exponent;
			}
			if (code === option.timestampOffset && value.length === 8) {
				described.offset = Number(this.#littleEndian ? value.readBigInt64LE() : value.readBigInt64BE());
			}
			at += 4 + Math.ceil(size / 4) * 4;
		}
		return described;
	}

	#enhancedPacket(body: Buffer): void {
		if (body.length < 20) throw new CaptureError('block');
		const from = this.#interfaces[this.#uint32(body, 0)];
		if (from === undefined) throw new CaptureError('block');
		const size = this.#uint32(body, 12);
		if (size > body.length - 20) throw new CaptureError('block');
		if (!from.isDbus) return;
		const stamp = this.#uint32(body, 4) * 2 ** 32 + this.#uint32(body, 8);
		const at = (stamp / from.perSecond + from.offset) * 1000;
		this.#onRecord(body.subarray(20, 20 + size), at, this.#uint32(body, 16));
	}

	/** Without a time; the whole rest of the block is the packet. */
	#simplePacket(body: Buffer): void {
		if (body.length < 4) throw new CaptureError('block');
		if (this.#interfaces[0]?.isDbus !== true) return;
		const whole = this.#uint32(body, 0);
		this.#onRecord(body.subarray(4, 4 + Math.min(whole, body.length - 4)), 0, whole);
	}

	#uint16(bytes: Buffer, at: number): number {
		return this.#littleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
	}

	#uint32(bytes: Buffer, at: number): number {
		return this.#littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
	}
}
