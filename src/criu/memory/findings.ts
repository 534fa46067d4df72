import {mappingAt, readMappings} from '../../process/maps.js';
import type {KernelArea} from './dumped.js';
import {type Compared, type DifferentRange, maximumRanges} from './report.js';

/** Differences with less than this between them are one: what a program changes is a word, not a byte. */
const wordBytes = 8;
/** What is compared byte by byte when it differs. */
const blockBytes = 512;

interface Found {
	pid: number;
	start: number;
	end: number;
	what: DifferentRange['what'];
}

/** Collects what differs while memory is compared from low to high addresses. */
export class Findings {
	readonly #kernelAreas: readonly KernelArea[];
	readonly #found: Found[] = [];
	#more = 0;
	#last: Found | undefined;
	#bytes = 0;
	#differentBytes = 0;
	#kernelBytes = 0;

	constructor(kernelAreas: readonly KernelArea[] = []) {
		this.#kernelAreas = kernelAreas;
	}

	/** So many bytes were looked at. */
	looked(bytes: number): void {
		this.#bytes += bytes;
	}

	/** All bytes from `start` on differ. */
	add(pid: number, start: number, bytes: number, what: 'changed' | 'unreadable'): void {
		const end = start + bytes;
		if (this.#kernelAreas.some((area) => area.pid === pid && area.start <= start && end <= area.end))
			this.#kernelBytes += bytes;
		else {
			this.#differentBytes += bytes;
			this.#join({pid, start, end, what});
		}
	}

	/** Compares two equally long pieces, of which the process has the first at `address`. */
	compare(pid: number, address: number, one: Buffer, other: Buffer): void {
		this.looked(one.length);
		if (one.equals(other)) return;
		// Whole blocks at once, because most are equal also here.
		for (let at = 0; at < one.length; at += blockBytes) {
			const end = Math.min(at + blockBytes, one.length);
			if (one.compare(other, at, end, at, end) !== 0) this.#compareBytes(pid, address, one, other, at, end);
		}
	}

	#compareBytes(pid: number, address: number, one: Buffer, other: Buffer, from: number, end: number): void {
		for (let at = from; at < end; at++) {
			if (one[at] === other[at]) continue;
			const first = at;
			while (at < end && one[at] !== other[at]) at++;
			this.add(pid, address + first, at - first, 'changed');
		}
	}

	/** What was found; where each range lies is read from the processes now. */
	report(): Compared {
		const maps = new Map(
			[...new Set(this.#found.map(({pid}) => pid))].map((pid) => [pid, readMappings(pid)]),
		);
		const different = this.#found.map(({pid, start, end, what}): DifferentRange => {
			const mapping = mappingAt(maps.get(pid) ?? [], start);
			return {
				pid,
				start: hex(start),
				bytes: end - start,
				what: what === 'unreadable' && mapping === undefined ? 'missing' : what,
				...(mapping && {
					map: {
						path: mapping.path,
						permissions: mapping.permissions,
						offset: hex(start - mapping.start + mapping.offset),
					},
				}),
			};
		});
		return {
			bytes: this.#bytes,
			equalBytes: this.#bytes - this.#differentBytes - this.#kernelBytes,
			kernelBytes: this.#kernelBytes,
			different,
			more: this.#more,
		};
	}

	#join(found: Found): void {
		const last = this.#last;
		const joins =
			last?.pid === found.pid &&
			last.what === found.what &&
			found.start >= last.start &&
			found.start - last.end < wordBytes;
		if (last && joins) {
			last.end = found.end;
			return;
		}
		this.#last = found;
		if (this.#found.length < maximumRanges) this.#found.push(found);
		else this.#more++;
	}
}

const hex = (address: number): string => `0x${address.toString(16)}`;
