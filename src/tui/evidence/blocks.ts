import {messages} from '../../i18n/index.js';
import {differenceBlocks} from '../rows/diff-rows.js';
import type {SessionView} from '../session-view.js';
import {type Row, span} from '../spans.js';
import type {Comparison} from '../state/state.js';
import {connectionBlocks} from './connections.js';
import {fdBlocks, socketBlocks} from './descriptors.js';
import {mapBlocks} from './memory.js';
import {processBlocks} from './process.js';
import {registerBlocks} from './registers.js';
import {type Block, filterBlocks, type Section, sections} from './sections.js';
import {threadBlocks} from './threads.js';

const builders: Record<
	Exclude<Section, 'differences'>,
	(comparison: Comparison, width: number) => Block[]
> = {
	threads: threadBlocks,
	registers: registerBlocks,
	maps: mapBlocks,
	fds: fdBlocks,
	sockets: socketBlocks,
	connections: connectionBlocks,
	process: processBlocks,
};

/** One section of the comparison, filtered. Before there is anything to compare, one sentence that says so. */
export function evidenceBlocks(
	section: Section,
	view: SessionView,
	comparison: Comparison | undefined,
	filter: string,
	width: number,
): Block[] {
	const text = messages().screen;
	if (!comparison || comparison.checkpoint !== view.checkpoint)
		return [{path: '', rows: [[span(text.diff.loading, 'dim')]]}];
	if (section === 'differences') return filterBlocks(differenceBlocks(comparison, width), filter);
	if (!comparison.left) return [{path: '', rows: [[span(text.diff.missing, 'warn')]]}];
	// One moment with itself: nothing differs, and all can be read.
	const shown = comparison.right ? comparison : {...comparison, right: comparison.left, differences: []};
	return filterBlocks(builders[section](shown, width), filter);
}

/** The names of the sections, the open one marked. */
export function sectionBar(open: Section): Row {
	const {sections: names} = messages().screen.evidence;
	return sections.flatMap((section) => [
		span(` ${names[section]} `, section === open ? 'selected' : 'dim'),
		span(' '),
	]);
}

/** A section as plain text, for a bug report. */
export function blocksText(blocks: readonly Block[]): string {
	return blocks
		.flatMap(({rows}) => rows)
		.map((row) =>
			row
				.map(({text}) => text)
				.join('')
				.trimEnd(),
		)
		.join('\n');
}
