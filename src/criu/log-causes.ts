/** Facts that a cause's sentence needs, by name. */
export type CauseParams = Record<string, string>;

interface KnownCause {
	/** Matches the message of an error or a warning; named groups become the sentence's params. */
	pattern: RegExp;
}

/**
 * What criu says when a known obstacle stops it (seen with CRIU 3.17 to 4.2.1 on real services). The sentences
 * and remedies are in `i18n`. Earlier entries win when a line matches several.
 */
const causes = {
	'vdso-mismatch': {pattern: /Unexpected rt vDSO area bounds/},
	'socket-option': {pattern: /Can't get 1:(?:16|34) opt/},
	'rlimit-denied': {pattern: /Can't get rlimit \d+: Operation not permitted/},
	'file-locks': {pattern: /Some file locks are hold/},
	'ghost-too-large': {pattern: /Can't dump ghost file (?<path>.+) of (?<size>\d+) size/},
	'outside-unix-socket': {pattern: /External socket is used|Can't dump half of stream unix connection/},
	'carried-descriptor': {pattern: /unix: Can't find sender for/},
	'established-tcp': {pattern: /Connected TCP socket, consider using/},
	'network-lock': {pattern: /Iptables configuration failed|(?:iptables|nft)\S* .*failed/i},
	// The second where a part of a file system is mounted beside the root, as in containers.
	'mount-namespace': {pattern: /Can't lookup mount=|^mnt: \d+:.* doesn't have a proper root mount$/},
	'not-dumpable': {pattern: /can't dump unprivileged task whose \/proc/},
	'other-kind': {pattern: /Can't dump file (?<fd>\d+) of that type .*\(anon (?<object>[^)]+)\)/},
	'network-device': {pattern: /Net namespace is required to dump tun link/},
	device: {pattern: /Can't dump file (?<fd>\d+) of that type .*\((?<device>(?:chr|blk) \d+:\d+)\)/},
	'sysv-shm': {pattern: /SysVIPC shmem map @?(?<address>[0-9a-f]+)? ?doesn't live in IPC ns/},
	// The kernel answers EINVAL when io_uring's descriptor is sent over a socket, and only then.
	'io-uring': {pattern: /anon_inode:\[io_uring\]|send_fds failed \(-22\)/},
	// criu's own words for a mapping of something that is no file of a file system.
	'special-mapping': {pattern: /Unknown shit \d+ \((?<object>.+?)(?: \(deleted\))?\)$/},
	'socket-family': {pattern: /Unknown socket collected \(family (?<family>\d+)\)/},
	'linked-file': {pattern: /Can't create link remap for (?<path>.+)\. Use link-remap option/},
	'not-a-leader': {pattern: /The root process (?<pid>\d+) is not a session leader/},
	'outside-pidfd': {pattern: /pidfd pid (?<pid>\d+) is not a part of process tree/},
	'bad-size': {pattern: /File (?<path>.+) has bad size (?<size>\d+) \(expect (?<expected>\d+)\)/},
	'bad-build-id': {pattern: /File (?<path>.+) has bad build-ID/},
	// The path is relative to the root folder.
	'missing-file': {pattern: /Can't open file (?<path>.+) on restore: No such file/},
	'no-images': {pattern: /Unexpected EOF on \(empty-image\)/},
	'no-folder': {pattern: /Can't open dir (?<path>.+): No such file or directory/},
	'damaged-image': {pattern: /Read \d+ bytes while \d+ expected from (?<path>\S+\.img)/},
	'pid-taken': {pattern: /Can't fork for (?<pid>\d+): File exists/},
	traced: {pattern: /Unable to interrupt task: (?<pid>\d+) \(Operation not permitted\)/},
	'no-process': {pattern: /Unable to interrupt task: (?<pid>\d+) \(No such process\)/},
	'no-space': {pattern: /No space left on device/},
	'task-crashed': {pattern: /(?<pid>\d+) killed by signal (?<signal>[4678]|11): /},
	'stage-refused': {pattern: /Script (?<script>.+) exited with -?\d+|One of more action scripts failed/},
} as const satisfies Record<string, KnownCause>;

/**
 * How a log ends when criu neither finished nor said why not. In these loops it never will; in any other case
 * somebody ended it.
 */
const endings = {
	'held-dgram': {pattern: /unix: Opening standalone \(stage \d/},
	'pages-cut-short': {pattern: /^`- returned 0$/},
} as const satisfies Record<string, KnownCause>;

export type CriuCause = keyof typeof causes | keyof typeof endings | 'cut-short';

/** Of a log without an error and without success, by its last messages. */
export function endingOf(last: readonly string[]): CriuCause {
	for (const [code, {pattern}] of Object.entries(endings) as Array<[keyof typeof endings, KnownCause]>)
		if (last.filter((message) => pattern.test(message)).length > 1) return code;
	return 'cut-short';
}

/** The known cause that a message tells of, with its facts. */
export function knownCause(message: string): {code: CriuCause; params: CauseParams} | undefined {
	for (const [code, {pattern}] of Object.entries(causes) as Array<[CriuCause, KnownCause]>) {
		const match = pattern.exec(message);
		if (match !== null) {
			const given = Object.entries(match.groups ?? {}).filter(([, value]) => value !== undefined);
			return {code, params: Object.fromEntries(given)};
		}
	}
	return undefined;
}

/** Lines that criu calls errors although nothing is wrong. */
const harmless = [
	// Without CAP_SYS_RESOURCE criu cannot raise its own limit of open files; it goes on.
	/rlimit: Can't setup RLIMIT_NOFILE for self/,
];

/** Lines that only repeat that something failed before. */
const consequences = [
	/^(?:Dumping|Restoring|Pre-dumping) FAILED\.?$/,
	/^Dump (?:files|mappings|pages|mm|core|fs|sigactions|creds)\b.* failed with -?\d+/,
	/^exited, status=\d+$/,
	/killed by signal 9: Killed$/,
	/^`- /,
];

export const isHarmless = (message: string): boolean => harmless.some((pattern) => pattern.test(message));
export const isConsequence = (message: string): boolean =>
	consequences.some((pattern) => pattern.test(message));
