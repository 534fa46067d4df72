import {note, type Pair} from './pair.js';

type MachineReason = 'rebooted' | 'other-machine' | 'other-hostname' | 'other-kernel' | 'other-cpu';

/** Whether two moments are of different machines, or of different boots of one. */
export function isElsewhere({before, after}: Pair): boolean {
	const [was, is] = [before.machine, after.machine];
	return (
		was !== undefined && is !== undefined && (was.bootId !== is.bootId || was.machineId !== is.machineId)
	);
}

/** What every program sees there that asks for it: nothing is wrong with the process, but its world is another. */
export function compareMachines(pair: Pair): void {
	const [was, is] = [pair.before.machine, pair.after.machine];
	if (!was || !is || !isElsewhere(pair)) return;
	const say = (key: Exclude<keyof typeof was, 'namespaces'>, reason: MachineReason) => {
		if (was[key] !== is[key]) note(pair, `machine/${key}`, [was[key], is[key]], 'expected', reason, {});
	};
	if (was.machineId === is.machineId) say('bootId', 'rebooted');
	else say('machineId', 'other-machine');
	say('hostname', 'other-hostname');
	say('kernel', 'other-kernel');
	say('cpu', 'other-cpu');
}

/**
 * A namespace's number means something on one machine in one boot only. Elsewhere it is the same if the process
 * shares it with the program that looks at it, and did so before.
 */
export function isOwnNamespaceOfBoth(pair: Pair, kind: string, was: string, is: string): boolean {
	const {before, after} = pair;
	return (
		isElsewhere(pair) && before.machine?.namespaces[kind] === was && after.machine?.namespaces[kind] === is
	);
}
