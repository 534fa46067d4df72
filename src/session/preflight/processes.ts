import type {ProcessSnapshot} from '../../context/model.js';
import {ghostLimitBytes} from '../../criu/arguments.js';
import type {ClassedFinding} from './findings.js';
import {judgeThreads} from './threads.js';

/** What the preflight must know of this program. */
export interface Capabilities {
	uid: number;
	gid: number;
	/** Whether we may raise limits and ask for those of other users' processes (CAP_SYS_RESOURCE). */
	sysResource: boolean;
	/** Our own namespaces, as `ProcessSnapshot.namespaces`. */
	namespaces: Readonly<Record<string, string>>;
	/** Our own limits, as `ProcessSnapshot.limits`. */
	limits: Readonly<Record<string, readonly [soft: string, hard: string]>>;
}

/** Kinds of namespaces into which criu goes. */
const entered = ['mnt', 'net', 'ipc', 'uts', 'cgroup'] as const;

/** What there is to say of a process apart from its descriptors. */
export function judgeProcess(
	process: ProcessSnapshot,
	root: ProcessSnapshot,
	we: Capabilities,
): ClassedFinding[] {
	return [
		...judgeNamespaces(process, root, we),
		...judgeLimits(process, we),
		...judgeMaps(process),
		...judgeStanding(process),
		...judgeThreads(process),
	];
}

/** The kinds of namespaces in which `process` does not live with us. */
export function foreignNamespaces({namespaces = {}}: ProcessSnapshot, we: Capabilities): string[] {
	return Object.keys(namespaces).filter((kind) => {
		const ours = we.namespaces[kind];
		return ours !== undefined && namespaces[kind] !== ours;
	});
}

/**
 * Those of the tree that are kept while it is frozen. That in which a thaw put a new /proc is made anew with it, unless
 * there is more to it.
 */
export function keptNamespaces(
	root: ProcessSnapshot | undefined,
	we: Capabilities,
): Array<(typeof entered)[number]> {
	const foreign = root ? foreignNamespaces(root, we) : [];
	return entered.filter((kind) => foreign.includes(kind) && !(kind === 'mnt' && root?.nest === 'plain'));
}

function judgeNamespaces(
	process: ProcessSnapshot,
	root: ProcessSnapshot,
	we: Capabilities,
): ClassedFinding[] {
	const {pid, namespaces = {}, lacking = []} = process;
	const foreign = foreignNamespaces(process, we);
	const found: ClassedFinding[] = [];
	// Nothing is to be read there when there is one that no child lives in yet.
	const inOwnPids = foreign.includes('pid') || namespaces.pid !== namespaces.pid_for_children;
	const isNested = root.nest !== undefined && namespaces.pid === root.namespaces?.pid;
	if (inOwnPids && !isNested) found.push({class: 'blocks', finding: 'pid-namespace', params: {pid}});
	// criu is in one place only, the root's.
	const apart = entered.filter(
		(kind) => namespaces[kind] !== undefined && namespaces[kind] !== root.namespaces?.[kind],
	);
	if (apart.length > 0)
		found.push({class: 'blocks', finding: 'namespaces-apart', params: {pid, kinds: apart.join(', ')}});
	if (lacking.length > 0)
		found.push({class: 'blocks', finding: 'bare-root', params: {pid, files: lacking.join(', ')}});
	const inside = keptNamespaces(root, we);
	if (process === root && inside.length > 0)
		found.push({class: 'held', finding: 'held-namespaces', params: {pid, kinds: inside.join(', ')}});
	if (foreign.includes('user'))
		found.push({class: 'changes', finding: 'leaves-user-namespace', params: {pid}});
	return found;
}

/** Nobody without CAP_SYS_RESOURCE can give a process a hard limit above its own; CRIU leaves it at that then. */
function judgeLimits({pid, limits = {}}: ProcessSnapshot, we: Capabilities): ClassedFinding[] {
	if (we.sysResource) return [];
	const above = Object.entries(limits).filter(([name, [, hard]]) => {
		const ours = we.limits[name]?.[1];
		return ours !== undefined && asNumber(hard) > asNumber(ours);
	});
	return above.length === 0
		? []
		: [
				{
					class: 'changes',
					finding: 'limits-above-ours',
					params: {pid, limits: above.map(([name, [, hard]]) => `${name} ${hard}`).join(', ')},
				},
			];
}

const asNumber = (limit: string): number =>
	limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);

/** Memory that is no file's and nobody's own: what it is, and the finding. */
const unmovableMaps: ReadonlyArray<readonly [RegExp, string]> = [
	[/^\/SYSV[0-9a-f]{8}/, 'sysv-memory'],
	[/^anon_inode:\[?io_uring/, 'io-uring'],
	[/^(?:anon_inode:|\/secretmem)/, 'mapped-device'],
	// /dev/zero stands for shared anonymous memory, /dev/shm and /dev/hugepages hold files.
	[/^\/dev\/(?!zero\b|shm\/|hugepages\/|mqueue\/)/, 'mapped-device'],
];

/** Deleted from the start: CRIU makes these anew as memory, however large they are. */
const withoutFile = /^\/(?:dev\/zero|memfd:|anon_hugepage)/;

function judgeMaps({pid, maps = []}: ProcessSnapshot): ClassedFinding[] {
	const found = new Map<string, ClassedFinding>();
	for (const {path, start, end} of maps) {
		const isHuge = path.endsWith(' (deleted)') && Number(end) - Number(start) > ghostLimitBytes;
		const finding =
			unmovableMaps.find(([form]) => form.test(path))?.[1] ??
			(isHuge && !withoutFile.test(path) ? 'unlinked-too-large' : undefined);
		if (finding) found.set(finding, {class: 'blocks', finding, params: {pid, target: path, fd: -1}});
	}
	return [...found.values()];
}

function judgeStanding({pid, threads, tracer, neighbours = []}: ProcessSnapshot): ClassedFinding[] {
	const found: ClassedFinding[] = [];
	if (tracer !== undefined) found.push({class: 'blocks', finding: 'traced', params: {pid, tracer}});
	const [first, ...others] = threads;
	if (first?.state === 'Z' && others.length > 0)
		found.push({class: 'blocks', finding: 'leader-gone', params: {pid}});
	if (threads.length > 0 && threads.every(({state}) => state === 'T'))
		found.push({class: 'note', finding: 'stopped', params: {pid}});
	if (neighbours.length > 0)
		found.push({class: 'note', finding: 'neighbours', params: {pid, pids: neighbours.join(', ')}});
	return found;
}
