import type {Row} from '../spans.js';

/** The parts of the comparison window, in the order in which they are walked through. */
export const sections = [
	'differences',
	'threads',
	'registers',
	'maps',
	'fds',
	'sockets',
	'connections',
	'process',
] as const;
export type Section = (typeof sections)[number];

/** Rows that belong together: a filter takes all of them or none, and a difference leads to them by its path. */
export interface Block {
	/** As in `Difference.path`; empty for headings, which are always shown. */
	path: string;
	rows: Row[];
}

/** Where a difference is shown in full. */
export function sectionOf(path: string): Section {
	if (path.startsWith('connections/')) return 'connections';
	const [, , part = '', , detail = ''] = path.split('/');
	if (part === 'threads') return detail === 'registers' || detail === 'vectors' ? 'registers' : 'threads';
	if (part === 'maps' || part === 'memory') return 'maps';
	if (part === 'fds') return detail === 'socket' ? 'sockets' : 'fds';
	return 'process';
}

/** Only blocks that have all the words; headings stay. */
export function filterBlocks(blocks: readonly Block[], filter: string): Block[] {
	const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
	if (words.length === 0) return [...blocks];
	return blocks.filter(({path, rows}) => {
		const text = [path, ...rows.flatMap((row) => row.map((piece) => piece.text))].join(' ').toLowerCase();
		return path === '' || words.every((word) => text.includes(word));
	});
}

/** Row at which each block begins. */
export function startsOf(blocks: readonly Block[]): number[] {
	const starts: number[] = [];
	let at = 0;
	for (const {rows} of blocks) {
		starts.push(at);
		at += rows.length;
	}
	return starts;
}

/** The block that a difference is about: the one whose path is the longest beginning of the difference's. */
export function blockAt(blocks: readonly Block[], path: string): number {
	let best = -1;
	for (const [index, block] of blocks.entries()) {
		const holds = block.path !== '' && (path === block.path || path.startsWith(`${block.path}/`));
		if (holds && block.path.length > (blocks[best]?.path.length ?? 0)) best = index;
	}
	return best;
}
