import type {Checkpoint} from '../checkpoint/folder.js';
import type {Manifest} from '../checkpoint/manifest.js';
import {standingOf} from '../checkpoint/standing.js';
import {Fault} from '../common/fault.js';
import {KeeperClient} from '../keeper/client.js';

/** A client of the keeper of a frozen checkpoint. Throws the fault that says why it is not frozen. */
export async function connectToFrozen(
	checkpoint: Checkpoint,
): Promise<{client: KeeperClient; manifest: Manifest}> {
	const manifest = checkpoint.readManifest();
	requireFrozen(checkpoint.dir, manifest);
	try {
		return {client: await KeeperClient.connect(checkpoint.dir), manifest};
	} catch (error) {
		throw error instanceof Fault ? Object.assign(error, {processState: 'frozen'}) : error;
	}
}

/** Throws unless the checkpoint is frozen and its keeper lives. */
export function requireFrozen(dir: string, manifest: Manifest): void {
	const {pid} = manifest.target;
	const running = {processState: 'running'} as const;
	switch (standingOf(manifest)) {
		case 'frozen':
		case 'thawing':
			return;
		case 'thawed':
			throw new Fault('already-thawed', {checkpoint: dir, pid}, running);
		case 'left-running':
		case 'aborted':
			throw new Fault('not-frozen', {checkpoint: dir, pid, reason: manifest.state as 'aborted'}, running);
		case 'freezing':
		case 'still-runs':
			throw new Fault('not-frozen', {checkpoint: dir, pid, reason: 'never-frozen'}, running);
		case 'connection-gone':
			throw new Fault('hold-lost', {checkpoint: dir, reason: 'daemon-gone'}, {processState: 'frozen'});
		case 'keeper-gone':
			throw new Fault('hold-lost', {checkpoint: dir, reason: 'keeper-gone'}, {processState: 'frozen'});
		case 'lost':
			throw new Fault('process-lost', {pid, reason: 'recorded'}, {processState: 'lost'});
	}
}
