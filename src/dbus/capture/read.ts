import fs from 'node:fs/promises';
import {Fault} from '../../common/fault.js';
import {ByteQueue} from '../held/byte-queue.js';
import {WireError} from '../wire/error.js';
import {frameSize} from '../wire/frame.js';
import {Header} from '../wire/header.js';
import {JsonLinesReader} from './json-lines.js';
import {isPcap, PcapReader} from './pcap.js';
import {isPcapng, PcapngReader} from './pcapng.js';
import {CaptureError, type RecordListener, type RecordReader} from './record.js';

/** Bytes of one read. */
const chunkBytes = 1024 * 1024;
/** As much as a format is known by. */
const headBytes = 4;

export interface CaptureOptions {
	/** Each message in the order of the file. The header is used again for the next one; its bytes stay valid. */
	onMessage(header: Header, at: number): void;
	/** Who a file of JSON lines says is behind a unique name. */
	onName?(uniqueName: string, name: string): void;
	/** After each piece of the file: the moment to write or draw. Reading goes on when it resolves. */
	onChunk?(): void | Promise<void>;
	/** Asked after each piece; true ends the reading. */
	isEnough?(): boolean;
}

export interface CaptureSummary {
	format: 'pcap' | 'pcapng' | 'json';
	messages: number;
	/** Records that are no D-Bus messages, or of which the capture kept only a part. */
	broken: number;
	/** The file ends within a record. */
	truncated: boolean;
}

/**
 * Reads a capture: pcap, pcapng or the lines of `watch --json`, whatever the file is. Memory does not grow with
 * the file. Throws Fault `bad-capture`; what was read before a damaged place has been handed on.
 */
export async function readCapture(path: string, options: CaptureOptions): Promise<CaptureSummary> {
	const capture = new Capture(options);
	let offset = 0;
	try {
		const file = await fs.open(path, 'r');
		try {
			while (options.isEnough?.() !== true) {
				const chunk = Buffer.allocUnsafeSlow(chunkBytes);
				const {bytesRead} = await file.read(chunk, 0, chunkBytes, null);
				if (bytesRead === 0) return capture.end();
				offset += bytesRead;
				capture.push(chunk.subarray(0, bytesRead));
				await options.onChunk?.();
			}
			return capture.summary;
		} finally {
			await file.close();
		}
	} catch (error) {
		if (error instanceof CaptureError) {
			throw new Fault('bad-capture', {path, reason: error.defect, offset: offset - capture.waiting});
		}
		const {code} = error as NodeJS.ErrnoException;
		if (code === undefined) throw error;
		throw new Fault('bad-capture', {path, reason: code, offset}, {cause: error});
	}
}

class Capture {
	readonly summary: CaptureSummary = {format: 'pcap', messages: 0, broken: 0, truncated: false};
	readonly #options: CaptureOptions;
	readonly #queue = new ByteQueue();
	readonly #header = new Header();
	#reader: RecordReader | undefined;

	constructor(options: CaptureOptions) {
		this.#options = options;
	}

	/** Bytes of a record that has not wholly come. */
	get waiting(): number {
		return this.#queue.length;
	}

	push(chunk: Buffer): void {
		this.#queue.push(chunk);
		if (this.#queue.length < headBytes) return;
		this.#reader ??= this.#readerFor(this.#queue.peek(headBytes));
		this.#reader.read(this.#queue);
	}

	end(): CaptureSummary {
		// The last line of a text may lack its end.
		if (this.#reader instanceof JsonLinesReader) {
			this.#queue.push(Buffer.from('\n'));
			this.#reader.read(this.#queue);
		}
		if (this.#reader === undefined) throw new CaptureError('format');
		this.summary.truncated = this.#queue.length > 0;
		return this.summary;
	}

	#readerFor(head: Buffer): RecordReader {
		if (isPcap(head)) return new PcapReader(this.#record);
		if (isPcapng(head)) {
			this.summary.format = 'pcapng';
			return new PcapngReader(this.#record);
		}
		if (!/^\s*\{/.test(head.toString('latin1'))) throw new CaptureError('format');
		this.summary.format = 'json';
		const onName = (uniqueName: string, name: string): void => this.#options.onName?.(uniqueName, name);
		return new JsonLinesReader(this.#record, onName, () => {
			this.summary.broken++;
		});
	}

	readonly #record: RecordListener = (bytes, at, whole) => {
		try {
			if (whole !== bytes.length || frameSize(bytes, 0) !== bytes.length) {
				throw new WireError('record is no whole message');
			}
			this.#header.load(bytes, 0, bytes.length);
		} catch (error) {
			if (!(error instanceof WireError)) throw error;
			this.summary.broken++;
			return;
		}
		if (this.#header.type === undefined) return;
		this.summary.messages++;
		this.#options.onMessage(this.#header, at);
	};
}
