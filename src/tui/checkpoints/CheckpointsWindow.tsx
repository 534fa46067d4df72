import {Box} from 'ink';
import {messages} from '../../i18n/index.js';
import {filterFooter} from '../components/filter-footer.js';
import {frameColumns, frameRows, Pane} from '../components/Pane.js';
import {useScreen, useScreenState} from '../hooks/use-screen.js';
import {useRates} from '../hooks/use-traffic.js';
import type {Layout} from '../layout.js';
import {faultRows, paragraph} from '../rows/paragraphs.js';
import {fitRow, type Row, span} from '../spans.js';
import type {CheckpointsModal} from '../state/modals.js';
import type {ScreenState} from '../state/state.js';
import {detailRows} from './detail-rows.js';
import {chosenIndex, listedEntries} from './entries.js';
import {jobRows} from './job-rows.js';
import {entryRow, headerRow} from './list-rows.js';

/** From here on the details have room beside the list. */
const sideBySide = 140;
/** Of the rows that list and details share, where one is above the other. */
const listShare = 0.4;
const leastListed = 4;

/** All checkpoints, the details of the chosen one, and how far packing or sending is. */
export function CheckpointsWindow({modal, layout}: {modal: CheckpointsModal; layout: Layout}) {
	const {metrics} = useScreen().controller;
	const state = useScreenState();
	// Ages change while nobody touches anything; the screen's clock ticks once a second.
	useRates();
	const [width, height] = [layout.columns, layout.rows - 2];
	const [columns, rows] = [width - frameColumns, height - frameRows];
	const {checkpoints} = state;
	const entries = listedEntries(state);
	const at = chosenIndex(entries, modal);
	const lower = jobRows(checkpoints, columns).slice(0, Math.floor(rows / 3));
	const foot = lower.length > 0 ? [rule(columns), ...lower] : [];
	const room = rows - foot.length;
	const parts = {state, entries, at, room, columns, scroll: modal.scroll};
	const isWide = columns >= sideBySide;
	const body = entries.length === 0 ? instead(state, columns) : isWide ? beside(parts) : above(parts);
	metrics.checkpoints.height = isWide ? room - 1 : listedRows(room, entries.length);
	const filled = Array.from({length: room}, (_, i): Row => body[i] ?? []);
	const {title, count} = messages().screen.checkpoints;
	return (
		<Box position="absolute" marginTop={1} width={width} height={height}>
			<Pane
				title={[span(title, 'strong')]}
				corner={checkpoints.list ? [span(count(entries.length), 'dim')] : []}
				footer={filterFooter(state, 'checkpoints', columns)}
				rows={[...filled, ...foot]}
				width={width}
				height={height}
				focused
				opaque
				tone="accent"
			/>
		</Box>
	);
}

interface Parts {
	state: ScreenState;
	entries: ReturnType<typeof listedEntries>;
	/** Place of the chosen one. */
	at: number;
	/** Rows and columns for list and details together. */
	room: number;
	columns: number;
	scroll: number;
}

/** Why there is no list. */
function instead({checkpoints, filters}: ScreenState, width: number): Row[] {
	const text = messages().screen.checkpoints;
	if (checkpoints.fault) return faultRows(checkpoints.fault, width);
	if (!checkpoints.list) return paragraph(text.loading, width, 'dim');
	return paragraph(filters.checkpoints.trim() === '' ? text.none : text.noMatch, width, 'dim');
}

/** How many of them are listed above their details. */
function listedRows(room: number, count: number): number {
	return Math.min(count, Math.max(Math.floor(room * listShare) - 1, leastListed));
}

function above(parts: Parts): Row[] {
	const {room, columns, entries} = parts;
	const listed = listedRows(room, entries.length);
	const top = listRows(parts, listed, columns);
	return [...top, rule(columns), ...details(parts, room - top.length - 1, columns)];
}

function beside(parts: Parts): Row[] {
	const {room, columns} = parts;
	const left = Math.floor(columns * 0.55);
	const right = columns - left - 3;
	const [list, about] = [listRows(parts, room - 1, left), details(parts, room, right)];
	return Array.from(
		{length: room},
		(_, i): Row => [...fitRow(list[i] ?? [], left), span(' │ ', 'dim'), ...fitRow(about[i] ?? [], right)],
	);
}

function listRows({entries, at, scroll}: Parts, rows: number, width: number): Row[] {
	// The chosen one stays in view, whatever became of the list and of the terminal.
	const from = Math.max(Math.min(scroll, entries.length - rows, at), at - rows + 1, 0);
	const now = Date.now();
	const shown = entries.slice(from, from + rows);
	return [headerRow(width), ...shown.map((entry, i) => entryRow(entry, now, width, from + i === at))];
}

function details({state, entries, at}: Parts, rows: number, width: number): Row[] {
	const entry = entries[at];
	if (!entry) return [];
	const all = detailRows(entry, state.checkpoints.look, Date.now(), width);
	if (all.length <= rows) return all;
	const {more} = messages().screen.checkpoints;
	return [...all.slice(0, rows - 1), [span(more(all.length - rows + 1), 'dim')]];
}

const rule = (width: number): Row => [span('─'.repeat(width), 'dim')];
