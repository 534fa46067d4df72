import fs from 'node:fs';
import {promisify} from 'node:util';
import {crc32} from 'node:zlib';

/*
 * A segment file is a row of records, each a header and the bytes of one message; all integers little-endian:
 *   0 u32 "DBSR"  4 u32 length of the bytes  8 f64 time, ms since the epoch  16 u16 descriptors  18 u16 flags
 *   20 u32 crc32 of the bytes  24 u32 crc32 of the header before this
 * Records are only ever added at the end, so all that a crash can leave is an incomplete last one.
 */
const magic = 0x52534244;
export const recordHeaderBytes = 28;
const flagOpaque = 1;
/** Of a plausible record; a D-Bus message has at most 128 MiB, an opaque piece less. */
const maxRecordBytes = 256 * 1024 * 1024;

export interface RecordFacts {
	/** Length of its bytes. */
	length: number;
	/** When it was read from the socket, milliseconds since the epoch. */
	at: number;
	/** Descriptors that came with it. They live in the process that read them, never on disk. */
	fdCount: number;
	opaque: boolean;
	/** crc32 of its bytes. */
	checksum: number;
}

export function encodeRecordHeader({length, at, fdCount, opaque, checksum}: RecordFacts): Buffer {
	const header = Buffer.alloc(recordHeaderBytes);
	header.writeUInt32LE(magic, 0);
	header.writeUInt32LE(length, 4);
	header.writeDoubleLE(at, 8);
	header.writeUInt16LE(fdCount, 16);
	header.writeUInt16LE(opaque ? flagOpaque : 0, 18);
	header.writeUInt32LE(checksum, 20);
	header.writeUInt32LE(crc32(header.subarray(0, 24)), 24);
	return header;
}

function decodeRecordHeader(header: Buffer): RecordFacts | undefined {
	const length = header.readUInt32LE(4);
	if (header.readUInt32LE(0) !== magic || length > maxRecordBytes) return undefined;
	if (header.readUInt32LE(24) !== crc32(header.subarray(0, 24))) return undefined;
	return {
		length,
		at: header.readDoubleLE(8),
		fdCount: header.readUInt16LE(16),
		opaque: (header.readUInt16LE(18) & flagOpaque) !== 0,
		checksum: header.readUInt32LE(20),
	};
}

const writev = promisify(fs.writev);

/** One segment file, open for reading and appending. Mode 0600. */
export class Segment {
	readonly path: string;
	readonly #fd: number;
	/** Bytes of whole records. */
	size = 0;
	/** A write is under way in another thread; until it has ended the file must stay open. */
	#isBusy = false;
	#closesLater = false;

	constructor(path: string) {
		this.path = path;
		this.#fd = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
	}

	/**
	 * Reads what is there, and cuts off what is no whole record.
	 * @returns the records with the offsets of their bytes, and how many bytes were cut off.
	 */
	recover(): {records: Array<RecordFacts & {offset: number}>; torn: number} {
		const fileBytes = fs.fstatSync(this.#fd).size;
		const records: Array<RecordFacts & {offset: number}> = [];
		for (let at = 0; at + recordHeaderBytes <= fileBytes; ) {
			const facts = decodeRecordHeader(this.read(at, recordHeaderBytes));
			const offset = at + recordHeaderBytes;
			if (!facts || offset + facts.length > fileBytes) break;
			if (crc32(this.read(offset, facts.length)) !== facts.checksum) break;
			records.push({...facts, offset});
			at = offset + facts.length;
			this.size = at;
		}
		const torn = fileBytes - this.size;
		if (torn > 0) fs.ftruncateSync(this.#fd, this.size);
		return {records, torn};
	}

	/** Adds whole records at the end, or nothing at all: what a full disk took of them is cut off again. */
	append(parts: readonly Buffer[]): void {
		const total = parts.reduce((sum, part) => sum + part.length, 0);
		// One buffer for one write; small messages would otherwise cost a vector of thousands.
		const bytes = parts.length > 2 ? Buffer.concat(parts, total) : undefined;
		try {
			let done = 0;
			if (!bytes) done = fs.writevSync(this.#fd, [...parts], this.size);
			const rest = bytes ?? (done < total ? Buffer.concat(parts, total) : Buffer.alloc(0));
			while (done < total) done += fs.writeSync(this.#fd, rest, done, total - done, this.size + done);
		} catch (error) {
			fs.ftruncateSync(this.#fd, this.size);
			throw error;
		}
		this.size += total;
	}

	/** The same without making this thread wait for the disk. One at a time, and no `append` meanwhile. */
	async appendLater(parts: readonly Buffer[]): Promise<void> {
		const total = parts.reduce((sum, part) => sum + part.length, 0);
		this.#isBusy = true;
		try {
			// Node's own loop over what a write leaves over has no version for many buffers.
			const {bytesWritten} = await writev(this.#fd, parts, this.size);
			const rest = bytesWritten < total ? Buffer.concat(parts, total).subarray(bytesWritten) : undefined;
			if (rest) fs.writeSync(this.#fd, rest, 0, rest.length, this.size + bytesWritten);
			this.size += total;
		} catch (error) {
			fs.ftruncateSync(this.#fd, this.size);
			throw error;
		} finally {
			this.#isBusy = false;
			if (this.#closesLater) this.close();
		}
	}

	/** Exactly so many bytes. */
	read(offset: number, length: number): Buffer {
		const bytes = Buffer.allocUnsafeSlow(length);
		for (let done = 0; done < length; ) {
			const count = fs.readSync(this.#fd, bytes, done, length - done, offset + done);
			if (count === 0) throw new Error(`${this.path} ends before byte ${offset + length}`);
			done += count;
		}
		return bytes;
	}

	close(): void {
		this.#closesLater = this.#isBusy;
		if (!this.#isBusy) fs.closeSync(this.#fd);
	}

	remove(): void {
		this.close();
		fs.rmSync(this.path, {force: true});
	}
}
