import fs from 'node:fs';
import path from 'node:path';
import {crc32} from 'node:zlib';
import {Fault} from '../../common/fault.js';
import {closeFd} from '../../kernel/descriptor.js';
import {fixedHeaderBytes} from '../wire/frame.js';
import {Header} from '../wire/header.js';
import type {HeldMessage} from './reader.js';
import {encodeRecordHeader, type RecordFacts, recordHeaderBytes, Segment} from './stash-segment.js';
import {headerBytes, type StashedSummary, summarise} from './stash-summary.js';

/** A new segment begins when the last has so many bytes. */
const segmentBytes = 64 * 1024 * 1024;
/** Bytes of records that go to disk in one write, while somebody waits and while nobody does. */
const writeBytes = 1024 * 1024;
const laterWriteBytes = 4 * 1024 * 1024;
const segmentName = /^\d{8}\.stash$/;
const usedName = 'used';

/** One stashed message: on disk (`place`), or in memory as long as the disk does not take it (`bytes`). */
interface Entry extends RecordFacts {
	place?: {segment: Segment; offset: number};
	bytes?: Buffer;
	/** Ours, until the stash is cleared or closed; fewer than `fdCount`: the others ended with the process that had them. */
	fds: number[];
}

/** Records on their way to disk, side by side. */
interface Batch {
	segment: Segment;
	entries: Entry[];
	parts: Buffer[];
	/** Where the bytes of each message will be. */
	offsets: number[];
}

/**
 * Messages of a frozen service in the order in which they came, in segment files that are only ever appended
 * to. A full disk loses nothing: what it does not take stays in memory, in order, until it does (`flush`).
 * Descriptors live in this process; whoever opens the stash after its end sees which messages lost theirs.
 * All methods are synchronous, so that nothing comes between a message's leaving the socket and being here.
 */
export class Stash implements Iterable<HeldMessage> {
	readonly dir: string;
	/** Bytes of an incomplete last record that a crash had left, cut off when the stash was opened. */
	readonly torn: number;
	#entries: Entry[] = [];
	#segments: Segment[] = [];
	#nextNumber = 1;
	/** Entries before this index are on disk. */
	#written = 0;
	#bytes = 0;
	#unwrittenBytes = 0;
	#fault: Fault | undefined;
	#isFlushing = false;
	#wasUsed: boolean;

	private constructor(dir: string) {
		this.dir = dir;
		fs.mkdirSync(dir, {recursive: true, mode: 0o700});
		let torn = 0;
		for (const name of fs.readdirSync(dir).sort()) {
			if (!segmentName.test(name)) continue;
			const segment = new Segment(path.join(dir, name));
			const recovered = segment.recover();
			torn += recovered.torn;
			this.#segments.push(segment);
			this.#nextNumber = Number.parseInt(name, 10) + 1;
			for (const {offset, ...facts} of recovered.records)
				this.#add({...facts, place: {segment, offset}, fds: []});
		}
		this.#written = this.#entries.length;
		this.torn = torn;
		this.#wasUsed = this.#written > 0 || fs.existsSync(path.join(dir, usedName));
	}

	/** Opens or makes the stash in folder `dir` (made with mode 0700). */
	static open(dir: string): Stash {
		return new Stash(dir);
	}

	/** Messages were read for it, kept or not: whoever finds it need not look for unread ones elsewhere. */
	get wasUsed(): boolean {
		return this.#wasUsed;
	}

	/** A full disk is no obstacle: then the mark is missing. */
	markUsed(): void {
		if (this.#wasUsed) return;
		this.#wasUsed = true;
		try {
			fs.writeFileSync(path.join(this.dir, usedName), '', {mode: 0o600});
		} catch (error) {
			const {code} = error as NodeJS.ErrnoException;
			if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
		}
	}

	get count(): number {
		return this.#entries.length;
	}

	/** Of the messages alone. */
	get bytes(): number {
		return this.#bytes;
	}

	/** When the first of them came, milliseconds since the epoch. */
	get oldest(): number | undefined {
		return this.#entries[0]?.at;
	}

	/** Descriptors that its messages have. */
	get descriptors(): number {
		return this.#entries.reduce((sum, entry) => sum + entry.fds.length, 0);
	}

	/** Messages that are in memory only. */
	get unwritten(): number {
		return this.#entries.length - this.#written;
	}

	/** Bytes of the messages that are in memory only. */
	get unwrittenBytes(): number {
		return this.#unwrittenBytes;
	}

	/** Why some are in memory only: `disk-full`, or `output-unwritable` for other failures of the disk. */
	get fault(): Fault | undefined {
		return this.#fault;
	}

	/** Takes a message over, with its descriptors. Never throws for the disk's sake: see `fault`. */
	append(message: HeldMessage): void {
		this.appendAll([message]);
	}

	appendAll(messages: readonly HeldMessage[]): void {
		this.keep(messages);
		this.flush();
	}

	/** Takes messages over without touching the disk, for moments in which nothing may wait; `flush` then. */
	keep(messages: readonly HeldMessage[]): void {
		for (const {bytes, fds, at, opaque, lostFds = 0} of messages) {
			this.#add({
				length: bytes.length,
				at,
				fdCount: fds.length + lostFds,
				opaque: opaque === true,
				checksum: 0,
				bytes,
				fds,
			});
		}
	}

	/**
	 * Writes to disk what is in memory only, in another thread: for a flood, which would wait for the disk
	 * otherwise. Nothing happens if that is under way already. A failure shows as `fault`.
	 */
	async flushLater(): Promise<void> {
		if (this.#isFlushing || this.#written === this.#entries.length) return;
		this.#isFlushing = true;
		this.#fault = undefined;
		try {
			while (this.#written < this.#entries.length) {
				const batch = this.#nextBatch(laterWriteBytes);
				await batch.segment.appendLater(batch.parts);
				this.#wrote(batch);
			}
		} catch (error) {
			this.#fault = faultOf(error, this.dir);
		} finally {
			this.#isFlushing = false;
		}
	}

	/**
	 * Writes to disk what is in memory only, unless that is under way.
	 * @returns false when that failed, see `fault`.
	 */
	flush(): boolean {
		if (this.#isFlushing) return true;
		this.#fault = undefined;
		while (this.#written < this.#entries.length) {
			try {
				const batch = this.#nextBatch(writeBytes);
				batch.segment.append(batch.parts);
				this.#wrote(batch);
			} catch (error) {
				this.#fault = faultOf(error, this.dir);
				return false;
			}
		}
		return true;
	}

	/** The message at a place; its descriptors stay the stash's. */
	at(index: number): HeldMessage {
		const entry = this.#entry(index);
		return messageOf(entry, entry.bytes ?? bytesOnDisk(entry));
	}

	/**
	 * The messages from `first` on, as many as have `maxBytes` together, but at least one; none at the end.
	 * Those that lie side by side in a file are read at once.
	 */
	read(first: number, maxBytes: number): HeldMessage[] {
		const chosen: Entry[] = [];
		for (let total = 0; first + chosen.length < this.#entries.length; ) {
			const entry = this.#entry(first + chosen.length);
			total += entry.length;
			if (chosen.length > 0 && total > maxBytes) break;
			chosen.push(entry);
		}
		const messages: HeldMessage[] = [];
		for (let from = 0; from < chosen.length; ) {
			const segment = chosen[from]?.place?.segment;
			let to = from + 1;
			while (segment && chosen[to]?.place?.segment === segment) to++;
			messages.push(...readRun(chosen.slice(from, to)));
			from = to;
		}
		return messages;
	}

	*[Symbol.iterator](): Iterator<HeldMessage> {
		for (let index = 0; index < this.count; index++) yield this.at(index);
	}

	/** What `count` messages from `first` on are, decoded now: for a screen that shows a page of them. */
	summaries(first: number, count: number): StashedSummary[] {
		return this.#entries.slice(first, first + count).map((entry, offset) => {
			const facts = {index: first + offset, at: entry.at, size: entry.length, fds: entry.fds.length};
			if (entry.opaque) return {...facts, lostFds: entry.fdCount - entry.fds.length};
			return summarise(headerOf(entry), facts);
		});
	}

	/**
	 * Takes out those messages whose header says so; on disk they stay until all is cleared. To be asked once for
	 * each message that is one, in order.
	 */
	remove(isOver: (header: Header) => boolean): void {
		const header = new Header();
		const kept = this.#entries.filter((entry) => {
			if (entry.opaque) return true;
			const bytes = headerOf(entry);
			if (!isOver(header.load(bytes, 0, bytes.length))) return true;
			for (const fd of entry.fds) closeFd(fd);
			this.#bytes -= entry.length;
			if (!entry.place) this.#unwrittenBytes -= entry.length;
			return false;
		});
		this.#entries = kept;
		const firstUnwritten = kept.findIndex(({place}) => !place);
		this.#written = firstUnwritten < 0 ? kept.length : firstUnwritten;
	}

	/** Forgets all: closes their descriptors and removes the files. */
	clear(): void {
		for (const segment of this.#segments) segment.remove();
		fs.rmSync(path.join(this.dir, usedName), {force: true});
		this.#wasUsed = false;
		this.#forget();
		this.#fault = undefined;
	}

	/** Ends the use of it; what is on disk stays, descriptors and what is in memory only are given up. */
	close(): void {
		for (const segment of this.#segments) segment.close();
		this.#forget();
	}

	#forget(): void {
		for (const fd of this.#entries.flatMap((entry) => entry.fds)) closeFd(fd);
		this.#entries = [];
		this.#segments = [];
		this.#written = 0;
		this.#bytes = 0;
		this.#unwrittenBytes = 0;
	}

	#add(entry: Entry): void {
		this.#entries.push(entry);
		this.#bytes += entry.length;
		if (!entry.place) this.#unwrittenBytes += entry.length;
	}

	#entry(index: number): Entry {
		const entry = this.#entries[index];
		if (!entry) throw new RangeError(`no stashed message ${index} of ${this.count}`);
		return entry;
	}

	/** The next records that are in memory only: at least one, otherwise no more than `maxBytes`. */
	#nextBatch(maxBytes: number): Batch {
		const segment = this.#openSegment();
		const batch: Batch = {segment, entries: [], parts: [], offsets: []};
		let end = segment.size;
		for (let next = this.#written; next < this.#entries.length; next++) {
			const entry = this.#entry(next);
			if (batch.entries.length > 0 && end + entry.length > segment.size + maxBytes) break;
			const bytes = entry.bytes as Buffer;
			entry.checksum = crc32(bytes);
			batch.entries.push(entry);
			batch.parts.push(encodeRecordHeader(entry), bytes);
			batch.offsets.push(end + recordHeaderBytes);
			end += recordHeaderBytes + entry.length;
		}
		return batch;
	}

	#wrote({segment, entries, offsets}: Batch): void {
		for (const [index, entry] of entries.entries()) {
			entry.place = {segment, offset: offsets[index] as number};
			delete entry.bytes;
		}
		// None of them, if all was cleared while they were written.
		for (let next = this.#entries[this.#written]; next?.place; next = this.#entries[this.#written]) {
			this.#unwrittenBytes -= next.length;
			this.#written++;
		}
	}

	#openSegment(): Segment {
		const last = this.#segments.at(-1);
		if (last && last.size < segmentBytes) return last;
		const name = `${String(this.#nextNumber).padStart(8, '0')}.stash`;
		const segment = new Segment(path.join(this.dir, name));
		this.#nextNumber++;
		this.#segments.push(segment);
		return segment;
	}
}

function messageOf({fds, fdCount, at, opaque}: Entry, bytes: Buffer): HeldMessage {
	const lostFds = fdCount - fds.length;
	return {bytes, fds, at, ...(lostFds > 0 ? {lostFds} : {}), ...(opaque ? {opaque} : {})};
}

function bytesOnDisk({place, length, checksum}: Entry): Buffer {
	if (!place) throw new Error('a stashed message is neither on disk nor in memory');
	return checked(place.segment.read(place.offset, length), checksum, place.segment);
}

/** Neighbours of one file in one read; or a single one. */
function readRun(run: readonly Entry[]): HeldMessage[] {
	const [first] = run;
	const last = run.at(-1);
	if (!first?.place || !last?.place)
		return run.map((entry) => messageOf(entry, entry.bytes ?? bytesOnDisk(entry)));
	const {segment, offset} = first.place;
	const all = segment.read(offset, last.place.offset + last.length - offset);
	return run.map((entry) => {
		const start = (entry.place?.offset ?? 0) - offset;
		return messageOf(entry, checked(all.subarray(start, start + entry.length), entry.checksum, segment));
	});
}

function checked(bytes: Buffer, checksum: number, {path: file}: Segment): Buffer {
	if (crc32(bytes) !== checksum) throw new Error(`a message in ${file} is damaged`);
	return bytes;
}

function headerOf(entry: Entry): Buffer {
	const {bytes, place} = entry;
	if (bytes) return bytes.subarray(0, headerBytes(bytes));
	if (!place) throw new Error('a stashed message is neither on disk nor in memory');
	const start = place.segment.read(place.offset, Math.min(fixedHeaderBytes, entry.length));
	return place.segment.read(place.offset, Math.min(headerBytes(start), entry.length));
}

function faultOf(error: unknown, dir: string): Fault {
	const {code, message} = error as NodeJS.ErrnoException;
	const isFull = code === 'ENOSPC' || code === 'EDQUOT';
	const where = {processState: 'frozen', cause: error} as const;
	if (isFull) return new Fault('disk-full', {path: dir}, where);
	return new Fault('output-unwritable', {path: dir, reason: code ?? message}, where);
}
