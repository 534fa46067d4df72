import {setTimeout as delay} from 'node:timers/promises';
import type {Checkpoint} from '../../checkpoint/folder.js';
import {isOwned} from '../../checkpoint/owner.js';
import {standingOf} from '../../checkpoint/standing.js';
import {Fault} from '../../common/fault.js';
import {repair} from './repair.js';

/** A killed keeper with much memory takes a while to be gone, milliseconds; its connections end first. */
const endLimitMs = 2000;
const lookMs = 25;

/**
 * The keeper of a checkpoint went away in the middle of an operation: waits until what it had begun has come to an
 * end, repairs what is left, and tells what has become of the target.
 * @param reason what the front end saw.
 */
export async function aftermath(checkpoint: Checkpoint, reason: string): Promise<Fault> {
	const {dir} = checkpoint;
	const end = performance.now() + endLimitMs;
	const manifest = () => {
		try {
			return checkpoint.readManifest();
		} catch (error) {
			if (error instanceof Fault) return error;
			throw error;
		}
	};
	const isThere = () => {
		const now = manifest();
		// A folder without a manifest counts as somebody's while it is young, and nothing was touched then.
		return !(now instanceof Fault) && isOwned(checkpoint, now);
	};
	while (isThere() && performance.now() < end) await delay(lookMs);
	if (!isThere()) await repair(checkpoint);
	const now = manifest();
	if (now instanceof Fault) return new Fault('keeper-unreachable', {checkpoint: dir, reason: 'ended'});
	const gone = (processState: 'running' | 'frozen') =>
		new Fault('keeper-unreachable', {checkpoint: dir, reason: isThere() ? reason : 'ended'}, {processState});
	switch (standingOf(now)) {
		case 'lost':
			return new Fault('process-lost', {pid: now.target.pid, reason: 'crash'}, {processState: 'lost'});
		case 'keeper-gone':
		case 'given-up':
			return new Fault('hold-lost', {checkpoint: dir, reason: 'keeper-gone'}, {processState: 'frozen'});
		case 'connection-gone':
			return new Fault('hold-lost', {checkpoint: dir, reason: 'daemon-gone'}, {processState: 'frozen'});
		case 'frozen':
		case 'thawing':
			return gone('frozen');
		default:
			return gone('running');
	}
}
