/** Characters gathered before a write. */
const gather = 64 * 1024;
/** Bytes that may wait for a slow reader. */
const mostWaiting = 32 * 1024 * 1024;

/** A pipe's handle; Node makes those of stdout blocking. */
interface StreamHandle {
	setBlocking?(blocking: boolean): void;
}

/**
 * Writes many lines in few writes and never makes the program wait: a monitor that stops reading makes the bus
 * daemon keep its messages in memory. What a slow reader cannot take is dropped and counted.
 */
export class LineWriter {
	/** Lines that were thrown away. */
	dropped = 0;
	/** The stream's error; EPIPE when the reader has left. */
	error: NodeJS.ErrnoException | undefined;
	readonly #stream: NodeJS.WriteStream;
	readonly #onError: () => void;
	#text = '';
	#lines = 0;

	/** `onError` is called once, when nothing can be written any more. */
	constructor(stream: NodeJS.WriteStream, onError: () => void) {
		this.#stream = stream;
		this.#onError = onError;
		(stream as {_handle?: StreamHandle})._handle?.setBlocking?.(false);
		stream.on('error', this.#failed);
	}

	line(text: string): void {
		this.#text += `${text}\n`;
		this.#lines++;
		if (this.#text.length >= gather) this.flush();
	}

	flush(): void {
		if (this.#text === '') return;
		if (this.error !== undefined || this.#stream.writableLength > mostWaiting) this.dropped += this.#lines;
		else this.#stream.write(this.#text);
		this.#text = '';
		this.#lines = 0;
	}

	/** For a source that can wait: resolves when the reader has taken most of what was written, or is gone. */
	async ready(): Promise<void> {
		this.flush();
		if (this.error !== undefined || !this.#stream.writableNeedDrain) return;
		await new Promise<void>((resolve) => {
			const done = (): void => {
				this.#stream.off('drain', done);
				this.#stream.off('close', done);
				this.#stream.off('error', done);
				resolve();
			};
			this.#stream.on('drain', done);
			this.#stream.on('close', done);
			this.#stream.on('error', done);
		});
	}

	/** Resolves when everything has been taken, or cannot be; after `limit` milliseconds in any case. */
	async end(limit: number): Promise<void> {
		this.flush();
		if (this.error === undefined) {
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, limit);
				this.#stream.write('', () => {
					clearTimeout(timer);
					resolve();
				});
			});
		}
		// The listener stays: a late EPIPE is no news, and would end the program if nobody listened.
	}

	readonly #failed = (error: NodeJS.ErrnoException): void => {
		if (this.error !== undefined) return;
		this.error = error;
		this.#onError();
	};
}
