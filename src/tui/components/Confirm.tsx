import {useScreen, useScreenState} from '../hooks/use-screen.js';
import type {Layout} from '../layout.js';
import {questionOf} from '../rows/question-rows.js';
import {span} from '../spans.js';
import {frameColumns, frameRows} from './Pane.js';
import {Window} from './Window.js';

/** A question in the middle of the screen; only `y` says yes. */
export function Confirm({layout}: {layout: Layout}) {
	const state = useScreenState();
	const {port} = useScreen().controller;
	const width = Math.min(layout.columns - 8, 88);
	const question = questionOf(state, port, width - frameColumns);
	if (!question) return null;
	const fixed = [[], [span(question.ask, 'accent')]];
	const height = Math.min(question.rows.length + fixed.length + frameRows, layout.rows - 2);
	return (
		<Window
			title={[span(question.title, 'strong')]}
			rows={question.rows}
			fixed={fixed}
			width={width}
			height={height}
			top={Math.max(Math.floor((layout.rows - height) / 2) - 1, 1)}
			left={Math.floor((layout.columns - width) / 2)}
			scroll={state.modal?.scroll ?? 0}
			tone="warn"
		/>
	);
}
