import {statSync} from 'node:fs';
import {runCommand} from '../common/runner.js';
import type {ProcessSnapshot, Snapshot} from '../context/model.js';
import type {CriuPlace} from '../criu/place.js';
import {socketPaths} from '../dbus/reconnect/places.js';
import {canCallWithin} from '../process/injected-call.js';
import {ifReadable} from '../process/read.js';
import type {Lost} from './renewed.js';

/**
 * Whether the restored processes can be made to connect their sockets: each must find its bus under the path that we
 * know it by. Abstract names belong to the socket's own network namespace, which is ours.
 */
export async function canConnectThemselves(
	lost: readonly Lost[],
	{processes}: Snapshot,
	place: CriuPlace,
): Promise<boolean> {
	if (!canCallWithin()) return false;
	const [root] = processes;
	const connecting = processes.filter(({pid}) => lost.some(({connector}) => connector.pid === pid));
	if (!connecting.every((process) => hasRootOf(process, root))) return false;
	const files = lost.flatMap(({address}) => socketPaths(address).filter((path) => !path.startsWith('\0')));
	for (const file of new Set(files)) if (!(await isSeen(file, place))) return false;
	return true;
}

/** It sees the files that criu sees, where that puts the tree. */
function hasRootOf(process: ProcessSnapshot, root: ProcessSnapshot | undefined): boolean {
	return (process.root ?? '/') === '/' && process.namespaces?.mnt === root?.namespaces?.mnt;
}

/** Under this name is the same there as here. */
async function isSeen(file: string, {namespaces}: CriuPlace): Promise<boolean> {
	const mounts = namespaces.find(({kind}) => kind === 'mnt');
	if (!mounts) return true;
	const here = ifReadable(() => statSync(file));
	const inside = `--mount=/proc/${process.pid}/fd/${mounts.ourFd}`;
	const {stdout} = await runCommand({
		command: 'nsenter',
		args: [inside, '--', 'stat', '--dereference', '--format=%d:%i', file],
	});
	return here !== undefined && stdout.trim() === `${here.dev}:${here.ino}`;
}
