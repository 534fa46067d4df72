/**
 * The numbers at the head of CRIU's image files, from criu/include/magic.h. Since image version 1.1 every file
 * starts with the common number, then its own; only the inventory starts with its own at once.
 */
export const commonMagic = 0x54564319;

export const magics = {
	inventory: 0x58313116,
	pstree: 0x50273030,
	core: 0x55053847,
	ids: 0x54432030,
	fdinfo: 0x56213732,
	files: 0x56303138,
	mm: 0x57492820,
	/** Which pages are in pages-N.img, and where they belong. */
	pagemap: 0x56084025,
	filelocks: 0x54323616,
	fs: 0x51403912,
	creds: 0x54023547,
	skQueues: 0x56264026,
	remap: 0x59133954,
	/** Not in older headers; read from the images of CRIU 4.2.1. */
	memfd: 0x48453499,
	cpuinfo: 0x61404013,
} as const;

export type ImageKind = keyof typeof magics;
