import {Fault} from '../../../common/fault.js';

/** Bytes that one line of the protocol may have. */
const maxLineBytes = 64 * 1024;

/** Reads lines and runs of bytes, in turns, from one stream. */
export class ByteReader {
	readonly #blocks: AsyncIterator<Buffer>;
	#rest: Buffer = Buffer.alloc(0);

	constructor(source: AsyncIterable<Buffer>) {
		this.#blocks = source[Symbol.asyncIterator]();
	}

	/** Without its end; undefined at the end of the stream. Throws `bad-peer` for an endless one. */
	async line(): Promise<string | undefined> {
		for (;;) {
			const end = this.#rest.indexOf('\n');
			if (end >= 0) {
				const line = this.#rest.subarray(0, end).toString();
				this.#rest = this.#rest.subarray(end + 1);
				return line;
			}
			if (this.#rest.length > maxLineBytes) throw new Fault('bad-peer', {detail: 'endless line'});
			const block = await this.#next();
			if (block === undefined) return undefined;
			this.#rest = Buffer.concat([this.#rest, block]);
		}
	}

	/** So many bytes, or less if the stream ends before. */
	async *take(count: number): AsyncGenerator<Buffer> {
		for (let left = count; left > 0; ) {
			const block = this.#rest.length > 0 ? this.#rest : await this.#next();
			if (block === undefined) return;
			const wanted = block.subarray(0, left);
			this.#rest = block.subarray(wanted.length);
			left -= wanted.length;
			yield wanted;
		}
	}

	async #next(): Promise<Buffer | undefined> {
		const {value, done} = await this.#blocks.next();
		return done ? undefined : value;
	}
}
