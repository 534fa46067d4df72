import type {HeldForCriu} from './held.js';

/** What both directions of CRIU are told. Paths are absolute. */
export interface CriuJob {
	imageDir: string;
	/** Log file name, relative to `imageDir` unless absolute. */
	log: string;
	/** Executable that criu runs at every stage; none for a bare run. */
	actionScript: string | undefined;
	held: readonly HeldForCriu[];
	/** At a restore: do not even compare what the FPU saved with what this processor's saves. */
	anyCpu?: boolean;
}

/**
 * Flags that every real service we tried needed on one side or the other, and that did no harm to the rest:
 * locks, established TCP, unlinked files, terminals, sockets to the outside, cgroups left to their manager.
 */
const common = [
	'-v4',
	'--ext-unix-sk',
	'--file-locks',
	'--tcp-established',
	'--link-remap',
	'--manage-cgroups=ignore',
	'--shell-job',
];

/** Unlinked files up to this size are copied into the image; CRIU's own default is 1 MB. */
const ghostLimit = '256M';

/** Arguments of `criu dump` for the tree under `pid`. */
export function dumpArguments(pid: number, job: CriuJob, leaveRunning: boolean): string[] {
	return [
		'dump',
		'-t',
		String(pid),
		...folder(job),
		...common,
		'--ghost-limit',
		ghostLimit,
		'--force-irmap',
		'--enable-external-masters',
		// Written down only, for the thaw to compare: see cpu.ts.
		'--cpu-cap=cpu',
		...(leaveRunning ? ['--leave-running'] : []),
		...job.held.filter((h) => h.kind === 'socket').flatMap((h) => ['--external', `unix[${h.inode}]`]),
	];
}

/**
 * Arguments of `criu restore`; `numbers` says under which descriptor number the child finds each held inode.
 * The keys must be written exactly so: other spellings are accepted and then silently ignored.
 */
export function restoreArguments(
	job: CriuJob,
	numbers: ReadonlyMap<number, number>,
	leaveStopped: boolean,
): string[] {
	return [
		'restore',
		'-d',
		...folder(job),
		...common,
		...(leaveStopped ? ['--leave-stopped'] : []),
		...(job.anyCpu ? ['--cpu-cap=none'] : []),
		...job.held.flatMap(({kind, inode}) => [
			'--inherit-fd',
			`fd[${numbers.get(inode)}]:${kind === 'pipe' ? 'pipe' : 'socket'}:[${inode}]`,
		]),
	];
}

function folder(job: CriuJob): string[] {
	const script = job.actionScript === undefined ? [] : ['--action-script', job.actionScript];
	return ['-D', job.imageDir, '-o', job.log, ...script];
}
