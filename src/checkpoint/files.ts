import fs from 'node:fs';
import path from 'node:path';

/**
 * Replaces `file` in one step: whoever reads it sees the old content or the new one, never a half, however this
 * program ends. Mode 0600. It does not wait for the disk (`syncTree` does): a target may stand still meanwhile.
 */
export function replaceFile(file: string, content: string): void {
	const temporary = `${file}.new`;
	fs.writeFileSync(temporary, content, {mode: 0o600});
	fs.renameSync(temporary, file);
}

/** Waits until everything in `dir` and below would survive a power cut. */
export async function syncTree(dir: string): Promise<void> {
	const entries = await fs.promises.readdir(dir, {withFileTypes: true});
	for (const entry of entries) {
		const place = path.join(dir, entry.name);
		if (entry.isDirectory()) await syncTree(place);
		else if (entry.isFile()) await syncOne(place);
	}
	await syncOne(dir);
}

async function syncOne(place: string): Promise<void> {
	const file = await fs.promises.open(place, 'r');
	try {
		await file.sync();
	} finally {
		await file.close();
	}
}

/** Bytes of all files directly in `dir`. */
export function folderBytes(dir: string): number {
	return fs
		.readdirSync(dir)
		.map((name) => fs.lstatSync(path.join(dir, name)))
		.reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}
