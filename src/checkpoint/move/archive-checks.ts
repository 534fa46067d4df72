import type {Header} from 'tar-stream';
import {BadArchive} from './bad-archive.js';
import {type ArchiveIndex, archiveVersion, indexName, indexSchema, isSafePath, sumsName} from './format.js';

/** @returns the entry's name. */
export function checkHeader({name, type, uid, gid, mode, size = 0}: Header): string {
	if (type !== 'file') throw new BadArchive('type', name);
	if (!isSafePath(name)) throw new BadArchive('name', name);
	if (uid !== 0 || gid !== 0) throw new BadArchive('owner', name);
	if (mode !== 0o600) throw new BadArchive('mode', name);
	if (!Number.isSafeInteger(size)) throw new BadArchive('size', name);
	return name;
}

export function parseIndex(name: string, text: Buffer): ArchiveIndex {
	if (name !== indexName) throw new BadArchive('index', name);
	let value: unknown;
	try {
		value = JSON.parse(text.toString());
	} catch {
		throw new BadArchive('index', name);
	}
	const {format, version} = (value ?? {}) as {format?: unknown; version?: unknown};
	if (format !== 'dbusfreeze-checkpoint') throw new BadArchive('index', name);
	if (version !== archiveVersion) throw new BadArchive('version', String(version));
	const parsed = indexSchema.safeParse(value);
	if (!parsed.success) throw new BadArchive('index', parsed.error.issues[0]?.path.join('.') ?? name);
	const {files, bytes} = parsed.data;
	for (const {path} of files) if (!isSafePath(path)) throw new BadArchive('name', path);
	if (files.reduce((sum, {size}) => sum + size, 0) !== bytes) throw new BadArchive('size', name);
	return parsed.data;
}

export function checkSums(text: string, sums: ReadonlyMap<string, string>): void {
	const lines = text.split('\n').filter(Boolean);
	for (const line of lines) {
		const [, sum, name = ''] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
		if (sum === undefined || sums.get(name) !== sum) throw new BadArchive('checksum', name);
	}
	if (lines.length !== sums.size || new Set(lines).size !== lines.length)
		throw new BadArchive('checksum', sumsName);
}
