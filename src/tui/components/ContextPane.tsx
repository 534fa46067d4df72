import {escapeText} from '../../common/escape.js';
import {messages} from '../../i18n/index.js';
import {momentText} from '../../i18n/reason.js';
import {useScreen, useScreenState} from '../hooks/use-screen.js';
import {contextRows} from '../rows/context-rows.js';
import {activeSession, wantedPair} from '../selectors.js';
import {type Row, span} from '../spans.js';
import {frameColumns, frameRows, Pane} from './Pane.js';

/** The service's threads, connection and descriptors at two moments. */
export function ContextPane({width, height}: {width: number; height: number}) {
	const {metrics} = useScreen().controller;
	const state = useScreenState();
	const text = messages().screen;
	const view = activeSession(state);
	if (!view) return null;
	const room = height - frameRows;
	const all = contextRows(view, state.comparison, width - frameColumns);
	metrics.context.height = room;
	metrics.context.maxScroll = Math.max(all.length - room, 0);
	const scroll = Math.min(state.contextScroll, metrics.context.maxScroll);
	const focused = state.focus === 'context' && !state.modal;
	const pair = wantedPair(state);
	const title: Row = [
		span(text.context.title, focused ? 'accent' : 'strong'),
		span(`  ${escapeText(view.session.names[0] ?? view.session.comm)}`),
		...(pair
			? [
					span(`  ${momentText(pair.before)}`, 'accent'),
					...(pair.before === pair.after ? [] : [span(' │ ', 'dim'), span(momentText(pair.after), 'accent')]),
				]
			: []),
	];
	const more =
		all.length > room
			? [span(text.details.more(scroll + 1, Math.min(scroll + room, all.length), all.length), 'dim')]
			: [];
	return (
		<Pane
			title={title}
			corner={more}
			rows={all.slice(scroll, scroll + room)}
			width={width}
			height={height}
			focused={focused}
		/>
	);
}
