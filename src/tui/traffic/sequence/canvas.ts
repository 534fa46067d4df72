import {type Span, span} from '../../spans.js';
import {widthOf} from '../../text.js';
import type {Tone} from '../../theme.js';

const graphemes = new Intl.Segmenter(undefined, {granularity: 'grapheme'});

interface Cell {
	/** Empty: the right half of a wide character. */
	text: string;
	tone: Tone;
}

/** One row of the screen, drawn at places instead of from left to right. */
export class Canvas {
	readonly #cells: Cell[];

	constructor(width: number) {
		this.#cells = Array.from({length: width}, () => ({text: ' ', tone: 'plain'}));
	}

	/** Puts text (escaped already) at a column; what reaches beyond the edges is left out. */
	put(at: number, text: string, tone: Tone): void {
		let column = at;
		for (const {segment} of graphemes.segment(text)) {
			const width = widthOf(segment);
			if (column >= 0 && column + width <= this.#cells.length) {
				this.#cells[column] = {text: segment, tone};
				for (let i = 1; i < width; i++) this.#cells[column + i] = {text: '', tone};
			}
			column += width;
		}
	}

	/** The same character in the columns [from, to). */
	fill(from: number, to: number, character: string, tone: Tone): void {
		for (let column = Math.max(from, 0); column < Math.min(to, this.#cells.length); column++) {
			this.#cells[column] = {text: character, tone};
		}
	}

	row(): Span[] {
		const spans: Span[] = [];
		for (const {text, tone} of this.#cells) {
			const last = spans.at(-1);
			if (last && last.tone === tone) last.text += text;
			else spans.push(span(text, tone));
		}
		return spans;
	}
}
