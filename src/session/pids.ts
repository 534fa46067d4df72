import {setTimeout as delay} from 'node:timers/promises';
import {Fault} from '../common/fault.js';
import {readStat} from '../kernel/proc-stat.js';
import {reapLimitMs, type SessionParts} from './parts.js';

/** Between two looks at a pid that is not free yet, milliseconds. */
const zombiePollMs = 20;

/** Throws `pid-taken` when a number that the image needs belongs to somebody else, or to an unreaped zombie. */
export async function waitForPids(parts: SessionParts, pids: readonly number[]): Promise<void> {
	const start = performance.now();
	for (const pid of pids) {
		for (let stat = readStat(pid); stat; stat = readStat(pid)) {
			if (stat.state !== 'Z' || performance.now() - start > reapLimitMs)
				throw new Fault('pid-taken', {pid, command: stat.comm}, {processState: 'frozen'});
			parts.log.emit({type: 'progress', step: 'reap', detail: String(pid)});
			await delay(zombiePollMs);
		}
	}
}
