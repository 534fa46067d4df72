/** Bytes that came in pieces, read as one row. A peek or take that lies within one piece copies nothing. */
export class ByteQueue {
	length = 0;
	#pieces: Buffer[] = [];
	/** Where the first byte is in the first piece. */
	#start = 0;

	push(piece: Buffer): void {
		if (piece.length === 0) return;
		this.#pieces.push(piece);
		this.length += piece.length;
	}

	/** Puts bytes before all others. */
	unshift(piece: Buffer): void {
		if (piece.length === 0) return;
		const rest = this.#pieces[0]?.subarray(this.#start);
		this.#pieces = [piece, ...(rest ? [rest] : []), ...this.#pieces.slice(1)];
		this.#start = 0;
		this.length += piece.length;
	}

	/** The first `count` bytes, which must be there. */
	peek(count: number): Buffer {
		const first = this.#pieces[0];
		if (count === 0 || !first) return Buffer.alloc(0);
		if (first.length - this.#start < count) this.#join(count);
		const joined = this.#pieces[0] as Buffer;
		return joined.subarray(this.#start, this.#start + count);
	}

	take(count: number): Buffer {
		const bytes = this.peek(count);
		this.#start += count;
		this.length -= count;
		if (this.#pieces[0]?.length === this.#start) {
			this.#pieces.shift();
			this.#start = 0;
		}
		return bytes;
	}

	/** Makes one piece of those that hold the first `count` bytes. */
	#join(count: number): void {
		let pieces = 0;
		let bytes = -this.#start;
		while (bytes < count) bytes += (this.#pieces[pieces++] as Buffer).length;
		const [first, ...others] = this.#pieces.splice(0, pieces) as [Buffer, ...Buffer[]];
		this.#pieces.unshift(Buffer.concat([first.subarray(this.#start), ...others]));
		this.#start = 0;
	}
}
