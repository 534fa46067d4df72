import type {Checkpoint} from '../checkpoint/folder.js';
import type {Manifest} from '../checkpoint/manifest.js';
import {Fault} from '../common/fault.js';
import {type HeldEnd, letGo} from '../dbus/hold.js';
import {openPidfd} from '../kernel/pidfd.js';
import type {SessionParts} from './parts.js';
import {expectOthers, remake} from './remake.js';

/** What is held beside the connections is needed as it was, or as good as it was. */
export function otherEnds(parts: SessionParts): HeldEnd[] {
	const {manifest, held, place, checkpoint} = parts;
	if (!manifest) return [];
	const others = manifest.held.filter(({bus, ofDaemon}) => !bus && !ofDaemon);
	const isHeld = ({inode}: {inode: number}) => held.some((end) => end.inode === inode);
	const remade = others.filter((end) => !isHeld(end)).flatMap((end) => remake(parts, end) ?? []);
	const all = [...held.filter(({inode}) => others.some((end) => end.inode === inode)), ...remade];
	try {
		requireOtherEnds(checkpoint, manifest, all, place.namespaces.length > 0);
	} catch (error) {
		letGo(remade);
		throw error;
	}
	expectOthers(parts, remade);
	return all;
}

/**
 * Whether all is held that nobody can make anew. Throws `held-ends-lost`.
 * @param held what is held now; nothing once its keeper has ended.
 * @param hasNamespaces whether those that the tree lives in are kept, too.
 */
export function requireOtherEnds(
	{dir}: Checkpoint,
	manifest: Manifest,
	held: ReadonlyArray<Pick<HeldEnd, 'inode'>>,
	hasNamespaces = false,
): void {
	const missing = manifest.held
		.filter(isIrreplaceable)
		.filter(({inode, fd}) => !held.some((end) => end.inode === inode) && !(fd < 0 && hasNamespaces));
	if (missing.length === 0) return;
	const ends = missing.map(({kind, pid, fd, peer}) => `${kind} ${pid}/${fd} (${peer})`);
	throw new Fault('held-ends-lost', {checkpoint: dir, ends}, {processState: 'frozen'});
}

/** Connections are made anew, pidfds of their daemon with them; a file is in the images. */
function isIrreplaceable({bus, ofDaemon, kind, external}: Manifest['held'][number]): boolean {
	return !bus && !ofDaemon && (kind !== 'file' || external !== undefined);
}

/** sd-bus keeps a pidfd of the daemon: the new connection comes with one of the new daemon. */
export function newDaemonPidfds({manifest, bus, checkpoint}: SessionParts): HeldEnd[] {
	const {daemonPid} = bus;
	const needed = (manifest?.held ?? []).filter(({ofDaemon}) => ofDaemon);
	if (needed.length > 0 && daemonPid === undefined)
		throw new Fault(
			'held-ends-lost',
			{checkpoint: checkpoint.dir, ends: needed.map(({peer}) => peer)},
			{processState: 'frozen'},
		);
	return needed.flatMap(({ofDaemon: _, external, ...rest}) =>
		external && daemonPid !== undefined
			? [{...rest, external, peerPid: daemonPid, ourFd: openPidfd(daemonPid)}]
			: [],
	);
}
