import {createHash} from 'node:crypto';
import fs from 'node:fs';

/** The digest of a file's first bytes, of all by default: `sha256:…`. */
export async function fileDigest(file: string, bytes = Number.POSITIVE_INFINITY): Promise<string> {
	const hash = createHash('sha256');
	const whole = {highWaterMark: 1024 * 1024};
	// An end of -1 would mean all of it.
	if (bytes > 0)
		for await (const block of fs.createReadStream(file, {...whole, end: bytes - 1})) hash.update(block);
	return `sha256:${hash.digest('hex')}`;
}
