import {escapeText} from '../../common/escape.js';
import type {Difference, DifferenceClass, ProcessSnapshot} from '../../context/model.js';
import {messages} from '../../i18n/index.js';
import {marks} from '../rows/context-rows.js';
import {type Row, type Span, span} from '../spans.js';
import type {Comparison} from '../state/state.js';
import {cut, pad} from '../text.js';

const gravity: Record<DifferenceClass, number> = {expected: 1, changed: 2, broken: 3};

/** `═`, or how grave what differs at this path or below is. */
export function markAt(differences: readonly Difference[] | undefined, path: string): Span {
	let worst: DifferenceClass | 'same' = 'same';
	for (const difference of differences ?? []) {
		if (difference.path !== path && !difference.path.startsWith(`${path}/`)) continue;
		if (worst === 'same' || gravity[difference.class] > gravity[worst]) worst = difference.class;
	}
	const [sign, tone] = marks[worst];
	return span(` ${sign} `, tone);
}

/** `label  mark  before  after` in one row; in a narrow window `after` only where it differs. */
export function pairRow(
	label: string,
	mark: Span,
	[before, after]: readonly [before: string | undefined, after: string | undefined],
	width: number,
	labelWidth = 18,
): Row {
	const {nothing} = messages().evidence;
	const [was, is] = [before, after].map((text) => (text === undefined ? nothing : escapeText(text)));
	const start = [span(` ${pad(escapeText(label), labelWidth)}`, 'dim'), mark];
	const room = width - labelWidth - 4;
	if (was === is) return [...start, span(cut(was ?? '', room))];
	const column = Math.floor((room - 3) / 2);
	return [...start, span(pad(was ?? '', column)), span(' │ ', 'dim'), span(cut(is ?? '', column))];
}

export function heading(text: string): Row {
	return [span(escapeText(text), 'strong')];
}

/** Every process of either side, with what it is on both. */
export function processPairs({
	left,
	right,
}: Comparison): Array<{pid: number; before?: ProcessSnapshot; after?: ProcessSnapshot}> {
	const pids = new Set([...(left?.processes ?? []), ...(right?.processes ?? [])].map(({pid}) => pid));
	return [...pids].map((pid) => {
		const before = left?.processes.find((one) => one.pid === pid);
		const after = right?.processes.find((one) => one.pid === pid);
		return {pid, ...(before ? {before} : {}), ...(after ? {after} : {})};
	});
}

/** What both sides have of something with a key, in the order of the keys' first appearance. */
export function keyed<T, K extends string | number>(
	before: readonly T[] | undefined,
	after: readonly T[] | undefined,
	keyOf: (one: T) => K,
): Array<{key: K; before: T | undefined; after: T | undefined}> {
	const keys = new Set([...(before ?? []), ...(after ?? [])].map(keyOf));
	return [...keys].map((key) => ({
		key,
		before: before?.find((one) => keyOf(one) === key),
		after: after?.find((one) => keyOf(one) === key),
	}));
}
