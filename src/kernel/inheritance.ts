import {systemCall} from './library.js';

/** close_range(2), the same number on every architecture; Linux 5.9, its CLOEXEC flag 5.11. */
const CLOSE_RANGE = 436;
const CLOSE_RANGE_CLOEXEC = 4;
const LAST_DESCRIPTOR = 0xffff_ffff;

/**
 * Marks every descriptor of ours but 0–2 close-on-exec, so that programs we start get those that we pass
 * and no others: what a shell or terminal leaked to us would otherwise go on to them, and into a checkpoint.
 */
export function keepDescriptorsFromChildren(): void {
	systemCall('close_range', CLOSE_RANGE, 3, LAST_DESCRIPTOR, CLOSE_RANGE_CLOEXEC);
}
