import {escapeText} from '../../common/escape.js';
import {type Row, span} from '../spans.js';
import {pad, widthOf, wrap} from '../text.js';

/** `label  value`, wrapped; nothing for an absent value. The value is escaped here. */
export function field(label: string, value: string | number | undefined, width: number): Row[] {
	if (value === undefined || value === '') return [];
	const indent = Math.max(14, widthOf(label) + 2);
	return wrap(escapeText(String(value)), width - indent).map((line, i) => [
		span(pad(i === 0 ? label : '', indent), 'dim'),
		span(line),
	]);
}

/** One value below the other. */
export function list(label: string, values: readonly string[], width: number): Row[] {
	return values.flatMap((value, i) => field(i === 0 ? label : '', value, width));
}
