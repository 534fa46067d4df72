import v8 from 'node:v8';

/**
 * Trades a little time for memory. By default V8 lets the space for young objects grow to more than 100 MB on a
 * machine with much memory, and old garbage to a multiple of what lives; drawing makes garbage all the time, so
 * it would use all of that. Call it before the screen is loaded: space that has grown is slow to shrink.
 */
export function keepMemorySmall(): void {
	// Young space stays as small as it begins (1 MB): what is drawn dies at once.
	v8.setFlagsFromString('--semi-space-growth-factor=1');
	// Collect when the old space has grown by a fifth.
	v8.setFlagsFromString('--heap-growing-percent=20');
}
