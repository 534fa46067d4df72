import {Fault} from '../common/fault.js';
import type {ConnectionSnapshot, PeerAnswer, Snapshot} from '../context/model.js';
import {readStat} from '../kernel/proc-stat.js';
import type {SessionParts} from './parts.js';

/**
 * Asks the thawed tree on each of its bus connections whether it is there, before anybody judges how it was restored:
 * CRIU's success is none of the program's. Those that stood still before the freeze are not asked, nor is anybody
 * whom we hold no end of.
 * @throws Fault `process-lost`: it has ended already.
 * @returns answers by the inode of the connection's socket.
 */
export async function answersOf(
	{bus, held, numbers}: SessionParts,
	connections: readonly ConnectionSnapshot[],
	before: Snapshot | undefined,
): Promise<Map<number, PeerAnswer>> {
	const answers = new Map<number, PeerAnswer>();
	const {processes = []} = before ?? {};
	const stood = new Set(
		processes.filter(({threads}) => threads.every(({state}) => state === 'T')).map(({pid}) => pid),
	);
	await Promise.all(
		connections.map(async ({pid, busGuid, uniqueName, inode, reconnectedFrom}) => {
			const end = held.find((one) => one.inode === (reconnectedFrom?.inode ?? inode));
			const itsBus = bus.withGuid(busGuid);
			if (!end || !itsBus?.isOpen || uniqueName === '' || stood.has(pid)) return;
			const answer = await itsBus.ping(uniqueName, end.ourFd, () => isThere(numbers.here(pid)));
			if (answer !== undefined) answers.set(inode, answer);
		}),
	);
	const [root] = processes;
	const pid = numbers.here(root?.pid ?? 0);
	if (root && !isThere(pid))
		throw new Fault('process-lost', {pid, reason: 'after-thaw'}, {processState: 'lost'});
	return answers;
}

function isThere(pid: number): boolean {
	return /[^ZX]/.test(readStat(pid)?.state ?? 'X');
}
