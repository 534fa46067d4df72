import {callIfThere} from './library.js';

/** Numbers of malloc.h. */
const M_MMAP_THRESHOLD = -3;
const M_ARENA_MAX = -8;

const mallopt = 'int mallopt(int parameter, int value)';

/** Bytes: less than a slab of messages, more than what is allocated all the time. */
const ownMapping = 256 * 1024;

/**
 * Asks the C library to give memory back as soon as it is freed, where it is glibc. By itself it learns, from the
 * first large block that is freed, to keep such blocks on its heap, which only shrinks from its end; and it gives
 * each thread a heap of its own.
 */
export function giveMemoryBackEarly(): void {
	callIfThere(mallopt, M_MMAP_THRESHOLD, ownMapping);
	callIfThere(mallopt, M_ARENA_MAX, 1);
}
