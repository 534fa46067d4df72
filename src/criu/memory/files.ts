import {closeSync, openSync, readSync} from 'node:fs';

/** Files that are read here and there, each opened once. */
export class OpenFiles {
	readonly #fds = new Map<string, number>();

	/**
	 * Reads as much as there is.
	 * @returns bytes read: fewer than asked for at the end of the file, or where the memory behind it cannot be read.
	 */
	read(path: string, into: Buffer, position: number): number {
		let done = 0;
		while (done < into.length) {
			const read = this.#readOnce(path, into.subarray(done), position + done);
			if (read === 0) break;
			done += read;
		}
		return done;
	}

	/** Whether it could be opened when it was read. */
	exists(path: string): boolean {
		return this.#fds.has(path);
	}

	close(): void {
		for (const fd of this.#fds.values()) closeSync(fd);
		this.#fds.clear();
	}

	#readOnce(path: string, into: Buffer, position: number): number {
		try {
			return readSync(this.#open(path), into, 0, into.length, position);
		} catch (error) {
			// EIO, EFAULT: nothing is mapped there. ENOENT: no such mapping, descriptor or process.
			if (['EIO', 'EFAULT', 'ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? ''))
				return 0;
			throw error;
		}
	}

	#open(path: string): number {
		const known = this.#fds.get(path);
		if (known !== undefined) return known;
		const fd = openSync(path, 'r');
		this.#fds.set(path, fd);
		return fd;
	}
}
