import fs from 'node:fs';

/**
 * An append-only file of JSON lines. Each line is in the kernel before `append` returns, so a crash of this
 * program loses nothing; a torn last line after a power cut is left out when reading.
 */
export class Journal<T> {
	readonly #fd: number;

	constructor(file: string) {
		this.#fd = fs.openSync(file, 'a', 0o600);
	}

	/** Whole or not at all: of a line for which the disk has no room nothing stays. Throws what writing throws. */
	append(entry: T): void {
		const line = Buffer.from(`${JSON.stringify(entry)}\n`);
		const {size} = fs.fstatSync(this.#fd);
		let written = 0;
		try {
			while (written < line.length) written += fs.writeSync(this.#fd, line, written);
		} catch (error) {
			if (written > 0) fs.ftruncateSync(this.#fd, size);
			throw error;
		}
	}

	close(): void {
		fs.closeSync(this.#fd);
	}
}

export function readJournal<T>(file: string): T[] {
	if (!fs.existsSync(file)) return [];
	const entries: T[] = [];
	for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
		if (line === '') continue;
		try {
			entries.push(JSON.parse(line) as T);
		} catch {
			break; // the torn end
		}
	}
	return entries;
}
