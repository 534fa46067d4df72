import {z} from 'zod';

/*
 * A packed checkpoint is one zstd frame around one tar archive (POSIX ustar), optionally inside one age file
 * (age-encryption.org/v1). The archive's first entry is `dbusfreeze.json` (the index), its last is `SHA256SUMS`,
 * as `sha256sum -c` reads it; in between are the checkpoint's files, in the order of the index. All entries are
 * plain files of mode 0600 and owner 0. So `zstd -d <FILE | tar x && sha256sum -c SHA256SUMS` opens one by hand.
 */

export const indexName = 'dbusfreeze.json';
export const sumsName = 'SHA256SUMS';

/** Raised when something changes its meaning; readers refuse what they do not know. */
export const archiveVersion = 1;

/** More files than any checkpoint has: a process tree of a thousand processes makes a few thousand. */
const maxFiles = 100_000;

/** Bytes that the index may have: that of the largest number of files, with long names. */
export const maxIndexBytes = 32 * 1024 * 1024;

/** One step of a path: nothing hidden, nothing that a terminal, a shell or another system reads as special. */
const step = /^[\w@+=,-][\w@+=,.-]{0,127}$/;

/** Folders in folders that a checkpoint has at most, its files included. */
const maxSteps = 5;

/** Whether a path may be in an archive: relative, without `.` and `..`, short, of harmless characters. */
export function isSafePath(text: string): boolean {
	const steps = text.split('/');
	return steps.length <= maxSteps && steps.every((one) => step.test(one));
}

const size = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

export const indexSchema = z.object({
	format: z.literal('dbusfreeze-checkpoint'),
	version: z.literal(archiveVersion),
	/** Which frozen process this is, wherever its copies are: see `instanceId`. */
	id: z.string().regex(/^[0-9a-f]{32}$/),
	/** The checkpoint's name where it was packed. */
	name: z.string().max(200),
	hostname: z.string().max(200),
	/** ISO 8601. */
	packedAt: z.string(),
	/** Bytes of all files together. */
	bytes: size,
	files: z.array(z.object({path: z.string(), size})).max(maxFiles),
});

export type ArchiveIndex = z.infer<typeof indexSchema>;
