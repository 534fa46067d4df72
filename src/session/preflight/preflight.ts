import type {FdSnapshot, ProcessSnapshot, Snapshot} from '../../context/model.js';
import {type OutsideEnd, outsideEnds} from '../../dbus/hold.js';
import {judgeForAll, judges} from './descriptors.js';
import type {Around, ClassedFinding, Judgement} from './findings.js';
import {type CriuNeeds, needsOf} from './needs.js';
import {type Capabilities, judgeProcess} from './processes.js';

/** `needed`: only what CRIU cannot make anew as it was; `all`: every descriptor that can be held. */
export type HoldWhat = 'needed' | 'all';

export interface Preflight {
	/** CRIU cannot do it: the freeze is refused before anything is touched. */
	blockers: ClassedFinding[];
	/** It can be done, and this is worth knowing first. */
	warnings: ClassedFinding[];
	/** What is held open meanwhile. */
	held: OutsideEnd[];
	/** What is held beside descriptors. */
	heldElse: ClassedFinding[];
	/** How many descriptors of each kind CRIU makes anew. */
	dumped: Record<string, number>;
	needs: CriuNeeds;
}

/** Looks for what would block or change a freeze. Pure: it judges a snapshot and touches nothing. */
export function preflight(snapshot: Snapshot, we: Capabilities, what: HoldWhat = 'needed'): Preflight {
	const {processes, connections} = snapshot;
	const [root] = processes;
	const ends = outsideEnds(processes);
	const found = root ? processes.flatMap((process) => judgeProcess(process, root, we)) : [];
	const dumped: Record<string, number> = {};
	const judge =
		what === 'all' ? judgeForAll : (fd: FdSnapshot, around: Around) => judges[fd.kind](fd, around);
	for (const around of surroundings(processes, we)) {
		const {pid, fds} = around.process;
		for (const fd of fds) {
			const judged = judge(fd, around);
			const end = ends.find(({inode}) => inode !== 0 && inode === fd.inode);
			if (end && isHeldAnyway(fd)) {
				const needed = judges[fd.kind](fd, around);
				if (needed.class === 'held' && needed.isExternal) end.isExternal = true;
			} else if (judged.class === 'dumped') dumped[fd.kind] = (dumped[fd.kind] ?? 0) + 1;
			else if (judged.class === 'held') ends.push(endOf(pid, fd, judged));
			else found.push({...judged, params: paramsOf(pid, fd)});
		}
	}
	if (connections.length === 0) found.push({class: 'note', finding: 'no-connection', params: {}});
	if (connections.some(({matchRules}) => matchRules === null))
		found.push({class: 'note', finding: 'rules-untold', params: {}});
	const distinct = onlyDistinct(found);
	return {
		blockers: distinct.filter((each) => each.class === 'blocks'),
		warnings: distinct.filter((each) => each.class === 'changes' || each.class === 'note'),
		held: ends,
		heldElse: distinct.filter((each) => each.class === 'held'),
		dumped,
		needs: needsOf(processes, ends, we),
	};
}

function* surroundings(processes: readonly ProcessSnapshot[], we: Capabilities): Generator<Around> {
	const tree = new Set(processes.map(({pid}) => pid));
	const fds = processes.flatMap((process) => process.fds);
	const mapped = new Set(processes.flatMap(({maps = []}) => maps.map(({path}) => path)));
	for (const process of processes)
		yield {
			process,
			tree,
			fds,
			mapped,
			isElsewhere: process.namespaces?.mnt !== we.namespaces.mnt,
			hasOtherNetwork: process.namespaces?.net !== we.namespaces.net,
		};
}

/** Of these an inode says which one it is. */
const isHeldAnyway = ({kind}: FdSnapshot): boolean => kind === 'socket' || kind === 'pipe';

function endOf(pid: number, fd: FdSnapshot, judged: Extract<Judgement, {class: 'held'}>): OutsideEnd {
	const {kind, isExternal, path} = judged;
	const {socket, ofPid, target} = fd;
	return {
		kind,
		...(isExternal ? {isExternal} : {}),
		...(path === undefined ? {} : {path}),
		inode: fd.kind === 'socket' || !isExternal ? (fd.inode ?? 0) : 0,
		pid,
		fd: fd.fd,
		peerPid: socket?.peer?.pid ?? ofPid ?? 0,
		peer: socket
			? `${socket.family} ${socket.peer?.name ?? socket.name ?? socket.type}`
			: describe(fd, target),
	};
}

const describe = ({ofPid}: FdSnapshot, target: string): string =>
	ofPid === undefined ? target : `process ${ofPid}`;

function paramsOf(pid: number, {fd, target, socket, ofPid = -1}: FdSnapshot): ClassedFinding['params'] {
	return {pid, fd, target: socket?.name ?? target, of: ofPid};
}

/** One finding of each kind for each thing, and one obstacle: three rings of one io_uring user are one. */
function onlyDistinct(findings: readonly ClassedFinding[]): ClassedFinding[] {
	const found = new Map<string, ClassedFinding>();
	for (const one of findings) {
		const {pid = '', target = '', of = ''} = one.params;
		const isObstacle = one.class === 'blocks' && one.finding !== 'io-uring' && target !== '';
		const thing = one.finding === 'io-uring' ? '' : `${target} ${of}`;
		const key = isObstacle ? `${pid} ${target}` : `${one.finding} ${pid} ${thing}`;
		if (!found.has(key)) found.set(key, one);
	}
	return [...found.values()];
}
