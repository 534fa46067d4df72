import {messages} from '../../i18n/index.js';
import {momentText} from '../../i18n/reason.js';
import {placesOf} from '../commands/comparing.js';
import {filterFooter} from '../components/filter-footer.js';
import {frameColumns} from '../components/Pane.js';
import {Window} from '../components/Window.js';
import {useScreen, useScreenState} from '../hooks/use-screen.js';
import type {Layout} from '../layout.js';
import {wantedPair} from '../selectors.js';
import type {SessionView} from '../session-view.js';
import {fitRow, type Row, span} from '../spans.js';
import type {WindowModal} from '../state/modals.js';
import {evidenceBlocks, sectionBar} from './blocks.js';
import type {Block} from './sections.js';

/** Two moments compared, section by section. */
export function EvidenceWindow({
	view,
	modal,
	layout,
}: {
	view: SessionView;
	modal: Extract<WindowModal, {kind: 'diff'}>;
	layout: Layout;
}) {
	const {metrics} = useScreen().controller;
	const state = useScreenState();
	const width = layout.columns <= 120 ? layout.columns : Math.min(layout.columns - 4, 180);
	const inner = width - frameColumns;
	metrics.evidenceWidth = inner;
	const blocks = evidenceBlocks(modal.section, view, state.comparison, state.filters.evidence, inner);
	const pair = wantedPair(state);
	const side = (which: 'before' | 'after') =>
		span(pair ? ` ${momentText(pair[which])} ` : '', modal.side === which ? 'selected' : 'accent');
	const title: Row = [
		span(`${messages().screen.diff.title} `, 'strong'),
		side('before'),
		span('│', 'dim'),
		side('after'),
	];
	return (
		<Window
			title={title}
			rows={modal.section === 'differences' ? withChosen(blocks, modal.chosen, inner) : rowsOf(blocks)}
			width={width}
			height={layout.rows - 2}
			top={1}
			left={Math.floor((layout.columns - width) / 2)}
			scroll={modal.scroll}
			fixed={[fitRow([...sectionBar(modal.section), ...filterFooter(state, 'evidence', inner)], inner)]}
		/>
	);
}

const rowsOf = (blocks: readonly Block[]): Row[] => blocks.flatMap(({rows}) => rows);

/** The first row of the chosen difference stands out. */
function withChosen(blocks: readonly Block[], chosen: number, width: number): Row[] {
	const places = placesOf(blocks);
	const at = places[Math.min(chosen, places.length - 1)];
	return blocks.flatMap(({rows}, index) =>
		index === at ? rows.map((row, i) => (i === 0 ? fitRow(row, width, 'selected') : row)) : rows,
	);
}
