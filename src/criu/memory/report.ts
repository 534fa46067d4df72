/** Bytes that the process has elsewhere, or has not, or that cannot be read. */
export interface DifferentRange {
	pid: number;
	/** First address, hex. */
	start: string;
	bytes: number;
	/**
	 * `changed`: other bytes are there; `missing`: nothing is mapped there; `unreadable`: the kernel does not let us
	 * look.
	 */
	what: 'changed' | 'missing' | 'unreadable';
	/** The mapping it lies in: `[heap]`, a file, or empty for anonymous memory; absent where nothing is mapped. */
	map?: {path: string; permissions: string; offset: string};
}

/** How many bytes were compared, how many of them were the same, and where the others are. */
export interface Compared {
	bytes: number;
	equalBytes: number;
	/** Others in which the kernel itself writes: the number of the CPU that a thread runs on. */
	kernelBytes: number;
	/** At most `maximumRanges`; neighbours with less than a word between them are one. */
	different: DifferentRange[];
	/** Ranges beyond those. */
	more: number;
}

/** Memory byte for byte: the images against the process at one moment. */
export interface MemoryReport {
	version: 1;
	/** `post-dump`: the process that was dumped; `pre-resume`: the restored one. Neither runs. */
	moment: 'post-dump' | 'pre-resume';
	/** The dumped pages against the process. */
	dumped: Compared;
	/**
	 * The process that was dumped against the restored one, by the checksum of each page: those that were dumped, and
	 * those of mapped files that were not, because the process had not changed them. Only where these checksums
	 * were taken at the dump.
	 */
	original?: Compared;
	/** Milliseconds. */
	ms: number;
}

/** Ranges in a report: more say no more. */
export const maximumRanges = 200;
