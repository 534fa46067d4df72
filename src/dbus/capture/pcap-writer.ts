import fs from 'node:fs';
import {Fault} from '../../common/fault.js';
import {maxMessageBytes} from '../wire/frame.js';
import {linkTypeDbus} from './pcap.js';

/** Classic pcap with microseconds, in our (little-endian) byte order. */
const magic = 0xa1b2c3d4;
const recordHeaderBytes = 16;
/** Bytes gathered before a write. */
const gatherBytes = 256 * 1024;

/**
 * A capture file that Wireshark and `dbus-pcap` read. It can hold anybody's secrets, so its mode is 0600.
 * Throws Fault `output-unwritable`, and `disk-full` while writing.
 */
export class PcapWriter {
	readonly #path: string;
	readonly #fd: number;
	#gathered: Buffer[] = [];
	#size = 0;

	constructor(path: string) {
		this.#path = path;
		try {
			this.#fd = fs.openSync(path, 'w', 0o600);
			if (fs.fstatSync(this.#fd).isFile()) fs.fchmodSync(this.#fd, 0o600);
		} catch (error) {
			throw new Fault('output-unwritable', {path, reason: (error as Error).message}, {cause: error});
		}
		const header = Buffer.alloc(24);
		header.writeUInt32LE(magic, 0);
		header.writeUInt16LE(2, 4);
		header.writeUInt16LE(4, 6);
		header.writeUInt32LE(maxMessageBytes, 16);
		header.writeUInt32LE(linkTypeDbus, 20);
		this.#gather(header);
	}

	/** One message, read at `at` (milliseconds since the epoch). */
	write(message: Buffer, at: number): void {
		const record = Buffer.alloc(recordHeaderBytes);
		record.writeUInt32LE(Math.floor(at / 1000), 0);
		record.writeUInt32LE(Math.floor((at % 1000) * 1000), 4);
		record.writeUInt32LE(message.length, 8);
		record.writeUInt32LE(message.length, 12);
		this.#gather(record);
		this.#gather(message);
		if (this.#size >= gatherBytes) this.flush();
	}

	flush(): void {
		if (this.#size === 0) return;
		const bytes = Buffer.concat(this.#gathered);
		this.#gathered = [];
		this.#size = 0;
		try {
			for (let written = 0; written < bytes.length; ) written += fs.writeSync(this.#fd, bytes, written);
		} catch (error) {
			const {code, message} = error as NodeJS.ErrnoException;
			if (code === 'ENOSPC') throw new Fault('disk-full', {path: this.#path}, {cause: error});
			throw new Fault('output-unwritable', {path: this.#path, reason: message}, {cause: error});
		}
	}

	close(): void {
		try {
			this.flush();
		} finally {
			fs.closeSync(this.#fd);
		}
	}

	#gather(bytes: Buffer): void {
		this.#gathered.push(bytes);
		this.#size += bytes.length;
	}
}
