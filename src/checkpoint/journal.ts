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

	append(entry: T): void {
		fs.writeSync(this.#fd, `${JSON.stringify(entry)}\n`);
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
