import {cut, widthOf} from './text.js';
import type {Tone} from './theme.js';

/** A run of text in one tone. A row of the screen is an array of them, already escaped. */
export interface Span {
	text: string;
	tone?: Tone;
}

export type Row = readonly Span[];

export function span(text: string, tone?: Tone): Span {
	return tone === undefined ? {text} : {text, tone};
}

export function rowWidth(row: Row): number {
	return row.reduce((sum, {text}) => sum + widthOf(text), 0);
}

/** Exactly `width` columns: cut with `…`, or padded. With `tone`, every span takes that tone (selection). */
export function fitRow(row: Row, width: number, tone?: Tone): Span[] {
	const out: Span[] = [];
	let left = width;
	for (const [i, piece] of row.entries()) {
		const wide = widthOf(piece.text);
		const more = row.slice(i + 1).some(({text}) => text !== '');
		const style = tone ?? piece.tone;
		if (wide > left || (wide === left && more && left > 0)) {
			const text = wide > left ? cut(piece.text, left) : cut(`${piece.text}…`, left);
			out.push(span(text, style));
			left -= widthOf(text);
			break;
		}
		out.push(span(piece.text, style));
		left -= wide;
	}
	if (left > 0) out.push(span(' '.repeat(left), tone));
	return out;
}

/** `left` at the start, `right` at the end of a row of `width` columns; `left` is cut first. */
export function justify(left: Row, right: Row, width: number): Span[] {
	const reserved = rowWidth(right);
	if (reserved + 1 > width) return fitRow(left, width);
	return [...fitRow(left, width - reserved), ...right];
}
