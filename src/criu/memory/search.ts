import type {DumpedMemory, DumpedRange} from './dumped.js';
import {OpenFiles} from './files.js';
import {Pace, type Progress} from './pace.js';

const pieceBytes = 1024 * 1024;
/** More places than this say no more. */
const mostPlaces = 100;

export interface MemoryPlace {
	pid: number;
	/** Hexadecimal, as in snapshots. */
	address: string;
}

/**
 * Where in the dumped memory some bytes are, in the order of addresses; at most 100 places.
 * @param isWhole judges the byte that follows (0 at the end of a range): `:1.7` is no part of `:1.75`.
 * @throws Error of the file system when the images cannot be read.
 */
export async function searchDumped(
	memory: DumpedMemory,
	wanted: Buffer,
	isWhole: (next: number) => boolean,
	onProgress: Progress,
): Promise<MemoryPlace[]> {
	const files = new OpenFiles();
	const pace = new Pace(memory.bytes, onProgress);
	const places: MemoryPlace[] = [];
	try {
		for (const range of memory.ranges) {
			for (let at = 0; at < range.bytes; at += pieceBytes) {
				// With the beginning of the next piece, for what lies across.
				const bytes = Math.min(range.bytes - at, pieceBytes + wanted.length);
				const piece = Buffer.allocUnsafe(bytes);
				files.read(range.pages, piece, range.offset + at);
				for (const found of placesIn(piece, wanted, isWhole)) {
					if (found >= pieceBytes) break;
					places.push(placeOf(range, at + found));
					if (places.length === mostPlaces) return places;
				}
				await pace.advance(Math.min(bytes, pieceBytes));
			}
		}
		return places;
	} finally {
		files.close();
	}
}

function* placesIn(piece: Buffer, wanted: Buffer, isWhole: (next: number) => boolean): Generator<number> {
	for (let found = piece.indexOf(wanted); found >= 0; found = piece.indexOf(wanted, found + 1))
		if (isWhole(piece[found + wanted.length] ?? 0)) yield found;
}

function placeOf({pid, start, addressOffset}: DumpedRange, at: number): MemoryPlace {
	return {pid, address: `0x${(start + at + addressOffset).toString(16)}`};
}
