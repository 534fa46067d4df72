import {closeSync, existsSync, openSync, readSync} from 'node:fs';
import {join} from 'node:path';
import {setImmediate} from 'node:timers/promises';
import {digest} from '../../process/registers.js';
import {readImage} from './container.js';
import {pagemap, pagePresent} from './schema.js';

/** Of the machines that CRIU's x86-64 and arm64 images come from here; the images do not tell it. */
const pageBytes = 4096;

/** As much as one digest covers: a change is found to that many bytes. */
const pieceBytes = 64 * 1024;

/** Pages that lie side by side in memory and in the pages file. */
interface Stretch {
	address: number;
	bytes: number;
	/** Where they are in the pages file. */
	offset: number;
}

/** The dumped memory of one process, read here and there. */
export class ImageMemory {
	private constructor(
		private readonly fd: number,
		readonly stretches: readonly Stretch[],
	) {}

	/** Undefined where the pages are not there: a zombie's, or of images without them. @throws Fault `bad-image` */
	static async open(imageDir: string, pid: number): Promise<ImageMemory | undefined> {
		if (!existsSync(join(imageDir, `pagemap-${pid}.img`))) return undefined;
		const [head, ...entries] = await readImage(join(imageDir, `pagemap-${pid}.img`), 'pagemap', pagemap);
		const stretches: Stretch[] = [];
		let offset = 0;
		for (const {value} of entries) {
			const {flags = pagePresent, inParent = false} = value;
			if (inParent || (flags & pagePresent) === 0) continue;
			const bytes = Number(value.pages ?? BigInt(value.pages32 ?? 0)) * pageBytes;
			stretches.push({address: Number(value.address ?? 0n), bytes, offset});
			offset += bytes;
		}
		const pages = join(imageDir, `pages-${head?.value.address ?? 0n}.img`);
		return existsSync(pages) ? new ImageMemory(openSync(pages, 'r'), stretches) : undefined;
	}

	/** Bytes from an address on. What was not dumped is zero: of private memory, that is what it was. */
	read(address: number, length: number): Buffer {
		const bytes = Buffer.alloc(length);
		for (const stretch of this.stretches) {
			const from = Math.max(address, stretch.address);
			const to = Math.min(address + length, stretch.address + stretch.bytes);
			if (from >= to) continue;
			readSync(this.fd, bytes, from - address, to - from, stretch.offset + from - stretch.address);
		}
		return bytes;
	}

	/** Digests of everything dumped, by the address of each piece; at about a gigabyte a second. */
	async digests(): Promise<Record<string, string>> {
		const found: Record<string, string> = {};
		for (const {address, bytes, offset} of this.stretches) {
			for (let at = 0; at < bytes; at += pieceBytes) {
				const piece = Buffer.allocUnsafe(Math.min(pieceBytes, bytes - at));
				readSync(this.fd, piece, 0, piece.length, offset + at);
				found[`0x${(address + at).toString(16)}`] = digest(piece);
			}
			// Messages for the frozen service must not wait for this.
			await setImmediate();
		}
		return found;
	}

	close(): void {
		closeSync(this.fd);
	}
}
