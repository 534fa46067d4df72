import type {BusPeer} from '../types.js';
import {announceName} from './interface.js';

/** What keepers call themselves, as `/proc/PID/comm` shows it. */
export const keeperComm = 'dbusfreeze';

/** Belongs to a keeper: it owns or waits for their name, or (where the bus forbids that) it is called as they are. */
export function isKeepers({names, queued, comm}: BusPeer): boolean {
	return names.includes(announceName) || queued.includes(announceName) || comm === keeperComm;
}
