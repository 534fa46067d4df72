import fs from 'node:fs';
import {Fault} from '../../common/fault.js';
import {maxMessageBytes} from '../wire/frame.js';
import {linkTypeDbus} from './pcap.js';

/** Classic pcap with microseconds, in our (little-endian) byte order. */
const magic = 0xa1b2c3d4;
const fileHeaderBytes = 24;
const recordHeaderBytes = 16;
/** Bytes gathered before a write. */
const gatherBytes = 256 * 1024;
/** Milliseconds between two tries to write to a pipe that is full. */
const fullPipePause = 5;
const standardOutput = 1;

/**
 * A capture file that Wireshark, Bustle and `dbus-pcap` read; `-` is standard output. It can hold anybody's
 * secrets, so its mode is 0600. Throws Fault `output-unwritable`, and `disk-full` while writing.
 */
export class PcapWriter {
	/** Nobody reads standard output any more. */
	isAbandoned = false;
	readonly #path: string;
	readonly #fd: number;
	readonly #gathered = Buffer.allocUnsafeSlow(gatherBytes);
	#size = 0;

	constructor(path: string) {
		this.#path = path;
		this.#fd = path === '-' ? standardOutput : this.#open(path);
		const header = Buffer.alloc(fileHeaderBytes);
		header.writeUInt32LE(magic, 0);
		header.writeUInt16LE(2, 4);
		header.writeUInt16LE(4, 6);
		header.writeUInt32LE(maxMessageBytes, 16);
		header.writeUInt32LE(linkTypeDbus, 20);
		this.#gather(header, 0, header.length);
	}

	/** The message `bytes[start, end)`, read at `at` (milliseconds since the epoch). */
	write(bytes: Buffer, start: number, end: number, at: number): void {
		const size = end - start;
		if (this.#size + recordHeaderBytes > gatherBytes) this.flush();
		const to = this.#gathered;
		const from = this.#size;
		to.writeUInt32LE(Math.floor(at / 1000), from);
		to.writeUInt32LE(Math.floor((at % 1000) * 1000), from + 4);
		to.writeUInt32LE(size, from + 8);
		to.writeUInt32LE(size, from + 12);
		this.#size += recordHeaderBytes;
		this.#gather(bytes, start, end);
	}

	flush(): void {
		this.#write(this.#gathered, this.#size);
		this.#size = 0;
	}

	close(): void {
		try {
			this.flush();
		} finally {
			if (this.#fd !== standardOutput) fs.closeSync(this.#fd);
		}
	}

	#open(path: string): number {
		try {
			const fd = fs.openSync(path, 'w', 0o600);
			if (fs.fstatSync(fd).isFile()) fs.fchmodSync(fd, 0o600);
			return fd;
		} catch (error) {
			throw new Fault('output-unwritable', {path, reason: (error as Error).message}, {cause: error});
		}
	}

	#gather(bytes: Buffer, start: number, end: number): void {
		if (this.#size + end - start > gatherBytes) this.flush();
		if (end - start > gatherBytes) this.#write(bytes.subarray(start, end), end - start);
		else this.#size += bytes.copy(this.#gathered, this.#size, start, end);
	}

	#write(bytes: Buffer, size: number): void {
		for (let written = 0; written < size && !this.isAbandoned; ) {
			written += this.#writeSome(bytes, written, size - written);
		}
	}

	#writeSome(bytes: Buffer, from: number, size: number): number {
		try {
			return fs.writeSync(this.#fd, bytes, from, size);
		} catch (error) {
			const {code, message} = error as NodeJS.ErrnoException;
			if (code === 'EAGAIN') return pause();
			if (code === 'EPIPE') {
				this.isAbandoned = true;
				return 0;
			}
			if (code === 'ENOSPC') throw new Fault('disk-full', {path: this.#path}, {cause: error});
			throw new Fault('output-unwritable', {path: this.#path, reason: message}, {cause: error});
		}
	}
}

/** Somebody made the pipe non-blocking; wait until there is room again. */
function pause(): 0 {
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, fullPipePause);
	return 0;
}
