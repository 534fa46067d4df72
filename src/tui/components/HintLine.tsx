import {useEffect} from 'react';
import {messages} from '../../i18n/index.js';
import {useScreen, useScreenState} from '../hooks/use-screen.js';
import {hintsOf} from '../keys.js';
import {fitRow, type Row, rowWidth, type Span, span} from '../spans.js';
import type {ScreenState} from '../state/state.js';
import {filterProblem} from '../traffic/filter-problem.js';
import {Line} from './Line.js';

/** Long enough to read a sentence; then the keys are wanted back. */
const noticeMs = 5000;

/** The last row: a sentence that answers the last key, else the keys that can act now. */
export function HintLine({width}: {width: number}) {
	const {store} = useScreen().controller;
	const state = useScreenState();
	const {notice} = state;
	useEffect(() => {
		if (!notice) return undefined;
		const timer = setTimeout(() => store.dispatch({type: 'notice', notice: undefined}), noticeMs);
		return () => clearTimeout(timer);
	}, [notice, store]);
	return <Line row={hintRow(state, width)} width={width} />;
}

export function hintRow(state: ScreenState, width: number): Span[] {
	if (state.notice) return fitRow([span(' '), span(state.notice.text, state.notice.tone)], width);
	const {keys, filter} = messages().screen;
	let row: Row = [span(' ')];
	if (state.editing) {
		const problem = filterProblem(state);
		const {prompt, help} = filter.typing[state.editing.pane];
		const words = problem === undefined ? span(help, 'dim') : span(problem, 'warn');
		return fitRow([span(` ${prompt}: `, 'strong'), words], width);
	}
	for (const binding of hintsOf(state)) {
		const hint = [span(`${binding.keys[0]}`, 'accent'), span(` ${keys[binding.id].short}  `)];
		if (rowWidth(row) + rowWidth(hint) > width) break;
		row = [...row, ...hint];
	}
	return fitRow(row, width);
}
