import {createHash} from 'node:crypto';
import type {Checkpoint} from '../folder.js';
import type {Manifest} from '../manifest.js';
import {readOrigin} from './origin.js';

/**
 * Names one frozen process for ever: every copy of its checkpoint has the same, and no other checkpoint has.
 * @returns 32 hexadecimal digits.
 */
export function instanceId(checkpoint: Checkpoint, manifest: Manifest): string {
	return readOrigin(checkpoint)?.id ?? idOf(manifest);
}

/** A process is unique by number, start and boot; one process may be frozen several times. */
function idOf({host, target, createdAt}: Manifest): string {
	const facts = [host.machineId, host.bootId, target.pid, target.startTime, createdAt];
	return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
}
