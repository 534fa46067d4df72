import fs from 'node:fs';
import path from 'node:path';

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
