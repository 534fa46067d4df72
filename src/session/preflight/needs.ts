import type {Credentials, ProcessSnapshot} from '../../context/model.js';
import type {OutsideEnd} from '../../dbus/hold.js';
import {type Capabilities, foreignNamespaces, keptNamespaces} from './processes.js';

/** Where and how criu must run for one tree; see `CriuPlace`. */
export interface CriuNeeds {
	/** The tree lives in a pid namespace that we made for a thaw. */
	nest?: ProcessSnapshot['nest'];
	/** Of the root, to be entered, and kept for the thaw. */
	namespaces: Array<'mnt' | 'net' | 'ipc' | 'uts' | 'cgroup' | 'time'>;
	/** The preload library. */
	preload: boolean;
	/** Processes that come back outside of the user namespace that they live in. */
	outOfUserNamespace: number[];
	sameClocks: boolean;
	logByPipe: boolean;
}

export function needsOf(
	processes: readonly ProcessSnapshot[],
	ends: readonly OutsideEnd[],
	we: Capabilities,
): CriuNeeds {
	const [root] = processes;
	const foreign = root ? foreignNamespaces(root, we) : [];
	const fromUserNamespace = processes.filter((one) => foreignNamespaces(one, we).includes('user'));
	const isOthers = processes.some(({credentials}) => credentials && !mayAskForLimits(credentials, we));
	const isRooted = processes.some((one) => one.root !== undefined && one.root !== '/');
	const nest = root?.nest;
	const namespaces: CriuNeeds['namespaces'] = keptNamespaces(root, we);
	const sameClocks = ends.some((end) => end.kind === 'timerfd' && timerClock(processes, end) !== 0);
	if (sameClocks && foreign.includes('time')) namespaces.push('time');
	return {
		...(nest === undefined ? {} : {nest}),
		namespaces,
		preload:
			ends.some(({isExternal}) => isExternal) ||
			fromUserNamespace.length > 0 ||
			(isOthers && !we.sysResource) ||
			(isRooted && namespaces.length > 0),
		outOfUserNamespace: fromUserNamespace.map(({pid}) => pid),
		sameClocks,
		logByPipe: limitsFiles(processes),
	};
}

/** The kernel's rule for prlimit(2) without CAP_SYS_RESOURCE: our user and our group, in every sense. */
function mayAskForLimits({uid, euid, suid, gid, egid, sgid}: Credentials, we: Capabilities): boolean {
	return (
		[uid, euid, suid ?? euid].every((id) => id === we.uid) &&
		[gid, egid, sgid ?? egid].every((id) => id === we.gid)
	);
}

/** Somebody's files must not grow beyond a size. */
export function limitsFiles(processes: readonly ProcessSnapshot[]): boolean {
	return processes.some(({limits}) => (limits?.['file size']?.[0] ?? 'unlimited') !== 'unlimited');
}

/** CLOCK_REALTIME, 0, is the same in all time namespaces. */
function timerClock(processes: readonly ProcessSnapshot[], {pid, fd}: OutsideEnd): number {
	const process = processes.find((one) => one.pid === pid);
	return process?.fds.find((one) => one.fd === fd)?.timer?.clock ?? 0;
}
