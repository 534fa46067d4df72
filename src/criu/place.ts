import {closeSync, openSync, realpathSync} from 'node:fs';
import path from 'node:path';
import {Fault} from '../common/fault.js';
import type {CriuArguments, CriuJob} from './arguments.js';
import {loadedCriu} from './loader.js';
import {type EnteredPids, inPidNamespace, type NewPids, rootInside} from './pid-namespace.js';
import {type PreloadUse, preloadEnvironment} from './preload-environment.js';

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
			...(preload ? preloadEnvironment(preload, pidNamespace, job.held, seen) : {}),
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
