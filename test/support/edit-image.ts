import {readFileSync, writeFileSync} from 'node:fs';
import {toBinary} from '@bufbuild/protobuf';
import {parseImage} from '../../src/criu/images/container.js';
import type {ImageKind} from '../../src/criu/images/magic.js';
import type {MessageType} from '../../src/criu/images/protobuf.js';

/** Rewrites an image file of CRIU's; `change` may spoil the entries or leave some out. */
export function editImage<T>(
	path: string,
	kind: ImageKind,
	type: MessageType<T>,
	change: (entries: T[]) => T[] | undefined,
): void {
	const data = readFileSync(path);
	const entries = parseImage(data, path, kind, type).map(({value}) => value);
	const written = (change(entries) ?? entries).map((entry) => {
		const body = Buffer.from(toBinary(type.descriptor, entry as never));
		const length = Buffer.alloc(4);
		length.writeUInt32LE(body.length);
		return Buffer.concat([length, body]);
	});
	// The magic numbers stay.
	writeFileSync(path, Buffer.concat([data.subarray(0, 8), ...written]));
}
