import {PassThrough} from 'node:stream';
import type {Manifest} from '../../src/checkpoint/manifest.js';
import {CheckpointStore} from '../../src/checkpoint/store.js';
import {run} from '../../src/cli/commands/diff.js';
import type {CommandContext} from '../../src/cli/context.js';
import type {Snapshot} from '../../src/context/model.js';
import type {Cycle} from '../context/snapshots.js';

/** Runs the command and returns what it printed. */
export async function diff(
	options: Parameters<typeof run>[1],
	{json = false, stateDir = '/nowhere', columns}: {json?: boolean; stateDir?: string; columns?: number} = {},
): Promise<{exitCode: number; output: string}> {
	const stdout = new PassThrough();
	const context = {
		bus: {kind: 'system'},
		stateDir,
		json,
		language: 'en',
		stderr: new PassThrough(),
		stdout: Object.assign(stdout, columns === undefined ? {} : {isTTY: true, columns}),
		env: {},
	} as unknown as CommandContext;
	const exitCode = await run(context, options);
	return {exitCode, output: String(stdout.read() ?? '')};
}

export const manifest: Manifest = {
	version: 1,
	createdAt: '2026-01-02T03:04:05.000Z',
	state: 'thawed',
	target: {
		pid: 1203,
		startTime: '5000',
		comm: 'counter',
		exe: '/usr/bin/counter',
		cmdline: ['counter'],
		uid: 0,
		gid: 0,
		uniqueName: ':1.7',
		names: ['org.demo.Counter'],
		pids: [1203],
	},
	modules: [],
	connections: [],
	held: [],
	portable: true,
	portableBecause: [],
	policy: 'queue',
	bus: {address: 'unix:path=/x', guid: 'f00'},
	criu: {path: '/usr/sbin/criu', version: '4.2.1'},
	host: {bootId: 'b', machineId: 'm', hostname: 'h', arch: 'x64', kernel: '6.18', cpu: 'c'},
	keeper: null,
};

/** A state folder with one thawed checkpoint of these moments. */
export function storeWith(stateDir: string, moments: Partial<Cycle>, stored = manifest): string {
	const checkpoint = new CheckpointStore(stateDir).create('org.demo.Counter', undefined, new Date(0));
	checkpoint.writeManifest(stored);
	for (const snapshot of Object.values(moments) as Snapshot[]) checkpoint.writeSnapshot(snapshot);
	return checkpoint.dir.split('/').at(-1) ?? '';
}
