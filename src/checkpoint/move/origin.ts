import path from 'node:path';
import {z} from 'zod';
import {replaceFile} from '../../common/replace-file.js';
import type {Checkpoint} from '../folder.js';
import {readJson} from './read-json.js';

/** Of a checkpoint that was unpacked or received: where it comes from. */
const originSchema = z.object({
	id: z.string(),
	name: z.string(),
	hostname: z.string(),
	/** ISO 8601. */
	packedAt: z.string(),
	unpackedAt: z.string(),
});

export type Origin = z.infer<typeof originSchema>;

export const originName = 'origin.json';

/** Undefined: it was frozen here. */
export function readOrigin({dir}: Checkpoint): Origin | undefined {
	return readJson(path.join(dir, originName), originSchema);
}

export function writeOrigin({dir}: Checkpoint, origin: Origin): void {
	replaceFile(path.join(dir, originName), `${JSON.stringify(origin, undefined, '\t')}\n`);
}
