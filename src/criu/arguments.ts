import {externalName, firstInherited, type HeldForCriu} from './held.js';

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

/** The same as criu is told it: without a log file, it writes to its standard error. */
export type CriuArguments = Omit<CriuJob, 'log'> & {log: string | undefined};

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
export const ghostLimitBytes = 256 * 1024 * 1024;

/** Arguments of `criu dump` for the tree under `pid`. */
export function dumpArguments(pid: number, job: CriuArguments, leaveRunning: boolean): string[] {
	return [
		'dump',
		'-t',
		String(pid),
		...folder(job),
		...common,
		'--ghost-limit',
		String(ghostLimitBytes),
		// What is connected to the outside is held, so that nothing is sent in its name; the rest is frozen at both ends.
		'--network-lock',
		'skip',
		'--force-irmap',
		// Who connects between the preflight, which looks for it, and now: refused like anybody who comes later.
		'--skip-in-flight',
		'--enable-external-masters',
		// Written down only, for the thaw to compare: see cpu.ts.
		'--cpu-cap=cpu',
		...(leaveRunning ? ['--leave-running'] : []),
		...job.held.flatMap(({kind, inode, external}) => {
			if (external) return ['--external', externalName(external)];
			return kind === 'socket' ? ['--external', `unix[${inode}]`] : [];
		}),
	];
}

/** Arguments of `criu restore`, which finds the held descriptors under the numbers of `inherited`. */
export function restoreArguments(job: CriuArguments, leaveStopped: boolean): string[] {
	return [
		'restore',
		'-d',
		...folder(job),
		...common,
		...(leaveStopped ? ['--leave-stopped'] : []),
		...(job.anyCpu ? ['--cpu-cap=none'] : []),
		...job.held.flatMap((held, index) => [
			'--inherit-fd',
			`fd[${firstInherited + index}]:${inheritedName(held)}`,
		]),
	];
}

/** Must be written exactly so: other spellings are accepted and then silently ignored. */
function inheritedName({kind, inode, external, path}: HeldForCriu): string {
	if (external) return externalName(external).slice(1);
	if (kind === 'file' && path !== undefined) return path.slice(1);
	return `${kind === 'pipe' ? 'pipe' : 'socket'}:[${inode}]`;
}

function folder(job: CriuArguments): string[] {
	const script = job.actionScript === undefined ? [] : ['--action-script', job.actionScript];
	const log = job.log === undefined ? [] : ['-o', job.log];
	return ['-D', job.imageDir, ...log, ...script];
}
