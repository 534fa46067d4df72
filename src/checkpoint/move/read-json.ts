import fs from 'node:fs';
import type {z} from 'zod';

/** A small file of our own; undefined if there is none. Throws when it is not as it must be. */
export function readJson<T>(file: string, schema: z.ZodType<T>): T | undefined {
	let text: string;
	try {
		text = fs.readFileSync(file, 'utf8');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
	return schema.parse(JSON.parse(text));
}
