import test from 'ava';
import type {MachineSnapshot} from '../../src/context/model.js';
import {judge} from '../../src/context/verdict.js';
import {type Cycle, cycle, root} from './snapshots.js';

const here: MachineSnapshot = {
	bootId: 'boot-1',
	machineId: 'machine-1',
	hostname: 'here',
	kernel: '6.1.0',
	cpu: 'EPYC',
	namespaces: {mnt: 'mnt:[11]', net: 'net:[12]'},
};

/** Frozen here, thawed there: the process shares the namespaces of the machine where it is. */
function moved(there: Partial<MachineSnapshot>, change: (cycle: Cycle) => void = () => {}): Cycle {
	return cycle((moments) => {
		const {before, preResume, after} = moments;
		const machine = {...here, ...there};
		Object.assign(before, {machine: here});
		for (const snapshot of [preResume, after]) Object.assign(snapshot, {machine});
		root(before).namespaces = {...here.namespaces};
		for (const snapshot of [preResume, after]) root(snapshot).namespaces = {...machine.namespaces};
		change(moments);
	});
}

const of = (moments: Cycle) =>
	judge(moments)
		.differences.filter(({path}) => /machine|namespaces\/[mn]/.test(path))
		.map(({path, class: kind, reason}) => `${path} ${kind} ${reason}`);

test('on the same machine nothing is said of it, and a namespace is known by its number', (t) => {
	t.deepEqual(of(moved({})), []);
	t.deepEqual(of(moved({hostname: 'renamed'})), []);
	const other = moved({namespaces: {mnt: 'mnt:[21]', net: 'net:[12]'}});
	t.deepEqual(of(other), ['processes/1203/namespaces/mnt changed namespace-changed']);
});

test('on another machine each difference is told once, and its own namespaces are the same', (t) => {
	const there = {machineId: 'machine-2', bootId: 'boot-2', hostname: 'there', kernel: '6.12.0', cpu: 'Xeon'};
	t.deepEqual(of(moved({...there, namespaces: {mnt: 'mnt:[21]', net: 'net:[22]'}})), [
		'machine/machineId expected other-machine',
		'machine/hostname expected other-hostname',
		'machine/kernel expected other-kernel',
		'machine/cpu expected other-cpu',
	]);
	t.deepEqual(of(moved({bootId: 'boot-2'})), ['machine/bootId expected rebooted']);
});

test('a namespace that was not the machine’s, or is not, is another one', (t) => {
	const there = {bootId: 'boot-2', namespaces: {mnt: 'mnt:[21]', net: 'net:[22]'}};
	const wasApart = moved(there, ({before}) => {
		root(before).namespaces = {...here.namespaces, mnt: 'mnt:[99]'};
	});
	const isApart = moved(there, ({after, preResume}) => {
		for (const snapshot of [preResume, after])
			root(snapshot).namespaces = {...there.namespaces, mnt: 'mnt:[99]'};
	});
	for (const moments of [wasApart, isApart])
		t.deepEqual(of(moments), [
			'machine/bootId expected rebooted',
			'processes/1203/namespaces/mnt changed namespace-changed',
		]);
});
