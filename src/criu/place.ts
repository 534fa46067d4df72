import {closeSync, openSync, realpathSync} from 'node:fs';
import path from 'node:path';
import {Fault} from '../common/fault.js';
import type {ExternalFile} from '../process/held.js';
import type {CriuArguments, CriuJob} from './arguments.js';
import {type HeldForCriu, inherited} from './held.js';
import {loadedCriu} from './loader.js';
import {type EnteredPids, inPidNamespace, type NewPids, rootInside} from './pid-namespace.js';

/** Namespaces into which criu is put, so that it takes the target's for its own; nsenter's option for each. */
export const enteredNamespaces = {
	mnt: '--mount',
	net: '--net',
	ipc: '--ipc',
	uts: '--uts',
	cgroup: '--cgroup',
	time: '--time',
} as const;

export type EnteredNamespace = keyof typeof enteredNamespaces;

/** A namespace that we keep alive, because the process that lives in it dies. */
export interface HeldNamespace {
	kind: EnteredNamespace;
	ourFd: number;
}

/** Where and how criu must run for one target; for most it is an ordinary program of ours. */
export interface CriuPlace {
	namespaces: readonly HeldNamespace[];
	/** Of a tree that lives, or is to live, in a pid namespace below ours. */
	pidNamespace?: EnteredPids | NewPids;
	/** Folders of cgroups (one for each hierarchy) that the restored tree starts in; by default, in ours. */
	cgroups: readonly string[];
	/** The preload library, and what it must hide; see `native/criu-preload.c`. */
	preload?: PreloadUse;
	/** The tree's clocks go on as they would have without a freeze, because held timers do. */
	sameClocks: boolean;
	/** A limit on the size of files would kill the restored process for the log that criu writes to the end. */
	logByPipe: boolean;
}

export interface PreloadUse {
	library: string;
	/** The tree lives in a user namespace that criu must not see. */
	hidesUserNamespace: boolean;
	/** See `savedKerndat`; undefined: none is needed, or there is none. */
	kerndat: string | undefined;
}

export const ordinaryPlace: CriuPlace = {
	namespaces: [],
	cgroups: [],
	sameClocks: false,
	logByPipe: false,
};

/** A program to run, and the job as it must be told of it. */
export interface PlacedCriu {
	command: string;
	/** Before criu's own arguments. */
	before: string[];
	env: Record<string, string>;
	job: CriuArguments;
	/** To be called when it has ended. */
	close: () => void;
}

/** What starts criu there. @throws Fault `criu-not-loadable`: this criu can run in no other place than ours. */
export function placeCriu(criu: string, job: CriuJob, place: CriuPlace): PlacedCriu {
	const {namespaces, preload, logByPipe, pidNamespace} = place;
	if (namespaces.length === 0 && !preload && place.cgroups.length === 0 && !pidNamespace) {
		const placed = logByPipe ? {...job, log: undefined} : job;
		return {command: criu, before: [], env: {}, job: placed, close: () => {}};
	}
	// Inside, nothing of ours need be visible but /proc, and in that, we with our root.
	const root = openSync('/', 'r');
	const ourRoot = pidNamespace ? rootInside : `/proc/${process.pid}/fd/${root}`;
	const inPlace = (file: string) => `${ourRoot}${realpathSync(file)}`;
	const isAway = pidNamespace !== undefined || namespaces.some(({kind}) => kind === 'mnt');
	const seen = isAway ? inPlace : (file: string) => file;
	const [command = '', ...before] = [
		...joining(place.cgroups),
		...entering(place),
		...(isAway || preload ? loaded(criu, seen, preload && seen(preload.library)) : [criu]),
	];
	return {
		command,
		before,
		env: {
			...(preload ? environment(preload, heldFor(pidNamespace, job.held), seen) : {}),
			...(pidNamespace && !logByPipe ? {DBUSFREEZE_LOG: path.resolve(job.imageDir, job.log)} : {}),
		},
		job: {
			...job,
			imageDir: seen(job.imageDir),
			log: logByPipe ? undefined : path.join(seen(path.dirname(job.log)), path.basename(job.log)),
			...(job.actionScript === undefined ? {} : {actionScript: seen(job.actionScript)}),
		},
		close: () => closeSync(root),
	};
}

/** Enters cgroups before it becomes the program that follows. */
function joining(cgroups: readonly string[]): string[] {
	if (cgroups.length === 0) return [];
	const script =
		'while [ "$1" != -- ]; do echo 0 >"$1/cgroup.procs" || exit 124; shift; done; shift; exec "$@"';
	return ['/bin/sh', '-c', script, 'sh', ...cgroups, '--'];
}

/** Puts the program that follows into other namespaces. */
function entering({namespaces, pidNamespace}: CriuPlace): string[] {
	const file = (ourFd: number) => `/proc/${process.pid}/fd/${ourFd}`;
	if (pidNamespace) {
		const all = [...namespaces, ...('entered' in pidNamespace ? pidNamespace.entered : [])];
		return inPidNamespace(
			pidNamespace,
			all.map(({kind, ourFd}) => `${kind}=${file(ourFd)}`),
		);
	}
	if (namespaces.length === 0) return [];
	return ['nsenter', ...namespaces.map(({kind, ourFd}) => `${enteredNamespaces[kind]}=${file(ourFd)}`), '--'];
}

/** criu by its own loader: with its own libraries, wherever it runs. */
function loaded(criu: string, seen: (file: string) => string, library: string | undefined): string[] {
	const found = loadedCriu(criu);
	if (!found) throw new Fault('criu-not-loadable', {path: criu});
	return [
		seen(found.loader),
		...(library === undefined ? [] : ['--preload', library]),
		'--library-path',
		found.libraries.map(seen).join(':'),
		seen(found.program),
	];
}

/** Where the preload library finds what is held under an invented inode: `PROCESS:FD=INODE,…`, 0 for criu itself. */
function heldFor(pids: CriuPlace['pidNamespace'], held: readonly HeldForCriu[]): string {
	if (!pids)
		return inventedInodes(
			process.pid,
			held.map(({ourFd, external}) => [ourFd, external]),
		);
	// Our number means somebody else there, or nobody. A restore, which gives its own descriptors away, needs none of it.
	const numbers = 'entered' in pids ? [...inherited(held).keys()] : [];
	return inventedInodes(
		0,
		numbers.map((number, index) => [number, held[index]?.external]),
	);
}

function inventedInodes(
	pid: number,
	descriptors: ReadonlyArray<readonly [fd: number, external: ExternalFile | undefined]>,
): string {
	const known = descriptors.flatMap(([fd, external]) =>
		external ? [`${fd}=${external.inode.toString(16)}`] : [],
	);
	return known.length > 0 ? `${pid}:${known.join(',')}` : '';
}

function environment(
	{hidesUserNamespace, kerndat}: PreloadUse,
	held: string,
	seen: (file: string) => string,
): Record<string, string> {
	return {
		DBUSFREEZE_NO_CGROUP_NS: '1',
		...(held === '' ? {} : {DBUSFREEZE_HELD: held}),
		...(kerndat === undefined ? {} : {DBUSFREEZE_KERNDAT: seen(kerndat)}),
		...(hidesUserNamespace ? {DBUSFREEZE_SAME_USER_NS: '1'} : {}),
	};
}
