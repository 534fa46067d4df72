import {bool, message, nested, nestedList, uint32, uint64} from '../images/protobuf.js';

/**
 * An entry of pagemap-ID.img: pages that lie side by side. The first entry of the file is its head, whose only
 * field has number 1, too: the id of pages-ID.img.
 */
export const pagemap = message('pagemap_entry', {
	address: uint64(1),
	/** Where CRIU before 4.1 wrote the count. */
	pages32: uint32(2),
	inParent: bool(3),
	flags: uint32(4),
	pages: uint64(5),
});

/** pagemap_entry.flags: the pages are in the parent's images; not in the file, fetched on demand; in the file. */
export const pageFlags = {parent: 1, lazy: 2, present: 4} as const;

const vma = message('vma_entry', {
	start: uint64(1),
	end: uint64(2),
	/** Bytes from the beginning of the shared object. */
	offset: uint64(3),
	sharedId: uint64(4),
	status: uint32(7),
});

/** vma_entry.status, VMA_ANON_SHARED and VMA_AREA_MEMFD of criu/include/image.h: the pages are in pagemap-shmem-ID.img. */
export const vmaStatus = {sharedAnonymous: 1 << 8, memfd: 1 << 14} as const;

/** The mappings in mm-PID.img. */
export const mappings = message('mm_mappings', {vmas: nestedList(14, vma)});

/** memfd.img by what its memory is called. */
export const memfdMemory = message('memfd_memory', {sharedId: uint32(5), inodeId: uint64(7)});

const rseq = message('rseq_entry', {address: uint64(1), size: uint32(2)});
const thread = message('thread_rseq', {rseq: nested(15, rseq)});
/** Of core-TID.img: where the thread and the kernel share its restartable sequences. */
export const coreRseq = message('core_rseq', {thread: nested(5, thread)});
