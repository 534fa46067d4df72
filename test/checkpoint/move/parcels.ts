import {createHash} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {buffer} from 'node:stream/consumers';
import zlib from 'node:zlib';
import type {ExecutionContext} from 'ava';
import {type Header, pack} from 'tar-stream';
import {Checkpoint} from '../../../src/checkpoint/folder.js';
import type {Manifest} from '../../../src/checkpoint/manifest.js';
import {Placement} from '../../../src/checkpoint/move/placement.js';
import {unpackInto} from '../../../src/checkpoint/move/unpack.js';
import {CheckpointStore} from '../../../src/checkpoint/store.js';
import {Fault} from '../../../src/common/fault.js';
import {temporaryFolder} from '../../support/compile.js';

export const manifest: Manifest = {
	version: 1,
	createdAt: '2026-01-01T00:00:00.000Z',
	state: 'frozen',
	target: {
		pid: 4_000_000,
		startTime: '1',
		comm: 'c',
		exe: '/c',
		cmdline: ['/c'],
		uid: 0,
		gid: 0,
		uniqueName: ':1.1',
		names: ['org.example.A'],
		pids: [4_000_000],
	},
	modules: [],
	connections: [],
	held: [],
	portable: true,
	portableBecause: [],
	policy: 'queue',
	bus: {address: 'unix:path=/x', guid: 'f00'},
	criu: {path: '/criu', version: '4.2'},
	host: {bootId: 'b', machineId: 'm', hostname: 'h', arch: 'x64', kernel: '', cpu: ''},
	keeper: {pid: 4_000_001, startTime: '1'},
};

/** A folder like that of a checkpoint whose keeper has gone, with what must stay behind, too. */
export function exampleCheckpoint(t: ExecutionContext, pages: Buffer = Buffer.from('pages')): Checkpoint {
	const checkpoint = Checkpoint.create(path.join(temporaryFolder(t), 'checkpoints', 'org.example.A-1'));
	const write = (name: string, content: string | Buffer) => {
		fs.mkdirSync(path.join(checkpoint.dir, path.dirname(name)), {recursive: true});
		fs.writeFileSync(path.join(checkpoint.dir, name), content);
	};
	checkpoint.writeManifest(manifest);
	write('images/inventory.img', 'inventory');
	write('images/pages-1.img', pages);
	write('stash/77/00000001.stash', 'stashed');
	write('events.jsonl', '{}\n');
	write('before.json', '{}');
	write('gate/dump/script', '#!/bin/sh');
	write('keeper.log', 'ours');
	write('after.json.new', 'half');
	return checkpoint;
}

export type Entry = Partial<Header> & {name: string; content?: string | Buffer};

/** The parts of a good archive, to be spoilt. */
export function goodEntries(files: Record<string, string> = goodFiles): Entry[] {
	const list = Object.entries(files).map(([file, content]) => ({
		path: file,
		size: Buffer.byteLength(content),
	}));
	return [
		indexEntry({files: list, bytes: list.reduce((sum, {size}) => sum + size, 0)}),
		...Object.entries(files).map(([name, content]) => ({name, content})),
	];
}

export const goodFiles = {
	'manifest.json': JSON.stringify(manifest),
	'images/inventory.img': 'inventory',
};

export function indexEntry(changes: Record<string, unknown>): Entry {
	const index = {
		format: 'dbusfreeze-checkpoint',
		version: 1,
		id: '0'.repeat(32),
		name: 'org.example.A-1',
		hostname: 'h',
		packedAt: '2026-01-01T00:00:00.000Z',
		...changes,
	};
	return {name: 'dbusfreeze.json', content: JSON.stringify(index)};
}

/** The checksums of these entries, as the last entry has them. */
export function sumsOf(entries: readonly Entry[]): Entry {
	const line = ({name, content = ''}: Entry) =>
		`${createHash('sha256').update(content).digest('hex')}  ${name}\n`;
	return {name: 'SHA256SUMS', content: entries.map(line).join('')};
}

/** An archive as an attacker would write it, with another tar writer's freedom. */
export async function tarOf(entries: readonly Entry[], tail: Buffer = Buffer.alloc(0)): Promise<Buffer> {
	const archive = pack();
	for (const {content = '', ...header} of entries)
		archive.entry({mode: 0o600, uid: 0, gid: 0, mtime: new Date(0), ...header}, content);
	archive.finalize();
	return Buffer.concat([await buffer(archive as AsyncIterable<Buffer>), tail]);
}

export async function archiveOf(entries: readonly Entry[], tail?: Buffer): Promise<Buffer> {
	return zlib.zstdCompressSync(await tarOf(entries, tail));
}

/** Unpacks as the command does; what is left in the state dir afterwards is told. */
export async function unpacking(
	t: ExecutionContext,
	archive: Buffer,
	keys = {},
): Promise<{fault?: Fault; checkpoint?: Checkpoint; left: string[]}> {
	const state = path.join(temporaryFolder(t), 'state');
	const placement = new Placement(new CheckpointStore(state));
	try {
		const index = await unpackInto(placement, blocksOf(archive), 'the archive', {keys});
		const checkpoint = await placement.commit(index.name);
		return {checkpoint, left: filesBelow(state)};
	} catch (error) {
		if (!(error instanceof Fault)) throw error;
		placement.discard();
		return {fault: error, left: filesBelow(state)};
	}
}

/** In pieces, as a disk or a network gives them. */
export async function* blocksOf(data: Buffer, size = 10_000): AsyncGenerator<Buffer> {
	for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

export function filesBelow(folder: string): string[] {
	return fs
		.readdirSync(folder, {recursive: true, encoding: 'utf8'})
		.filter((name) => !fs.lstatSync(path.join(folder, name)).isDirectory())
		.sort();
}
