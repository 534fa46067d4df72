import {escapeText} from '../../common/escape.js';
import {messages} from '../../i18n/index.js';
import {CheckpointsWindow} from '../checkpoints/CheckpointsWindow.js';
import {detailRows} from '../checkpoints/detail-rows.js';
import {EvidenceWindow} from '../evidence/EvidenceWindow.js';
import {useScreen, useScreenState} from '../hooks/use-screen.js';
import type {Layout} from '../layout.js';
import {connectionDetails} from '../rows/details-rows.js';
import {helpRows} from '../rows/help-rows.js';
import {activeSession, connectionEntries} from '../selectors.js';
import {type Row, span} from '../spans.js';
import {isQuestion, type Modal, type WindowModal} from '../state/modals.js';
import {messageDetails} from '../traffic/message-details.js';
import {savedRows} from '../traffic/saved-rows.js';
import {WaitingWindow} from '../waiting/WaitingWindow.js';
import {frameColumns} from './Pane.js';
import {Window} from './Window.js';

/** Help, details and comparison: over the panes, between title and hint line. */
export function Overlay({layout}: {layout: Layout}) {
	const state = useScreenState();
	const {traffic} = useScreen().controller.port;
	const modal = windowOf(state.modal);
	if (!modal) return null;
	if (modal.kind === 'checkpoints') return <CheckpointsWindow modal={modal} layout={layout} />;
	if (modal.kind === 'waiting') {
		const view = state.sessions[modal.checkpoint];
		return view ? <WaitingWindow view={view} scroll={modal.scroll} layout={layout} /> : null;
	}
	if (modal.kind === 'diff') {
		const view = activeSession(state);
		return view ? <EvidenceWindow view={view} modal={modal} layout={layout} /> : null;
	}
	// All of the width, unless lines would become too long to read.
	const width =
		layout.columns <= 120 ? layout.columns : Math.min(layout.columns - 4, modal.kind === 'help' ? 100 : 160);
	const inner = width - frameColumns;
	const rows = (): readonly Row[] => {
		switch (modal.kind) {
			case 'help':
				return helpRows();
			case 'connection': {
				const entry = connectionEntries(state).find(({uniqueName}) => uniqueName === modal.uniqueName);
				return connectionDetails(modal, entry, inner);
			}
			case 'message':
				return messageDetails(modal.message, modal.inspection, traffic, inner);
			case 'filters':
				return savedRows(state, modal.chosen, inner);
			case 'checkpoint': {
				const {list = [], look} = state.checkpoints;
				const entry = list.find(({name}) => name === modal.name);
				return entry ? detailRows(entry, look, Date.now(), inner) : [];
			}
		}
	};
	return (
		<Window
			title={titleOf(modal)}
			rows={rows()}
			width={width}
			height={layout.rows - 2}
			top={1}
			left={Math.floor((layout.columns - width) / 2)}
			scroll={modal.scroll}
		/>
	);
}

/** A question leaves the window in view from which it was asked. */
function windowOf(modal: Modal | undefined): WindowModal | undefined {
	if (!modal || !isQuestion(modal)) return modal;
	return 'from' in modal ? modal.from : undefined;
}

function titleOf(modal: Exclude<WindowModal, {kind: 'waiting' | 'diff' | 'checkpoints'}>): Row {
	const text = messages().screen;
	switch (modal.kind) {
		case 'help':
			return [span(text.help.title, 'strong')];
		case 'connection':
			return [span(`${text.details.connection} ${escapeText(modal.uniqueName)}`, 'strong')];
		case 'message':
			return [span(`${text.message.title} ${modal.message.index}`, 'strong')];
		case 'filters':
			return [span(text.filter.title, 'strong')];
		case 'checkpoint':
			return [span(text.checkpoints.title, 'strong'), span(`  ${escapeText(modal.name)}`)];
	}
}
