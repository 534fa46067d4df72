import type {IBufferCell, Terminal} from '@xterm/headless';

/** Size of a cell in SVG units; 0.6 is the usual width of a monospaced glyph. */
const fontSize = 14;
const cellWidth = fontSize * 0.6;
const cellHeight = fontSize * 1.35;
const margin = 14;

const background = '#14171c';
const foreground = '#d5dae1';
/** The sixteen named colours, readable on the background. */
const palette = [
	['#14171c', '#f0686f', '#8ccf7e', '#e5c76b', '#67b0e8', '#c47fd5', '#6cbfbf', '#b3b9b8'],
	['#5b6268', '#f5878d', '#a6dd9a', '#f0d890', '#86c3f2', '#d49be2', '#86e0e6', '#f2f4f5'],
].flat();

interface Look {
	color: string;
	back: string | undefined;
	bold: boolean;
	dim: boolean;
}

interface Cell extends Look {
	x: number;
	y: number;
	/** In cells: 2 for Chinese characters. */
	wide: number;
	chars: string;
}

/** A picture of what a terminal shows. Lines, blocks and braille are drawn, so that no font can break them. */
export function terminalSvg(terminal: Terminal, title: string): string {
	const {cols, rows, buffer} = terminal;
	const parts: string[] = [];
	for (let y = 0; y < rows; y++) {
		const line = buffer.active.getLine(buffer.active.baseY + y);
		const cells: Cell[] = [];
		for (let x = 0; x < cols; x++) {
			const cell = line?.getCell(x);
			if (cell && cell.getWidth() > 0)
				cells.push({x, y, wide: cell.getWidth(), chars: cell.getChars(), ...lookOf(cell)});
		}
		parts.push(...backgrounds(cells), ...glyphs(cells));
	}
	const width = round(cols * cellWidth + margin * 2);
	const height = round(rows * cellHeight + margin * 2);
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeXml(title)}">`,
		`<title>${escapeXml(title)}</title>`,
		`<rect width="${width}" height="${height}" rx="8" fill="${background}"/>`,
		`<g transform="translate(${margin} ${margin})" font-size="${fontSize}" font-family="ui-monospace, 'JetBrains Mono', 'DejaVu Sans Mono', Menlo, Consolas, 'Noto Sans Mono CJK SC', monospace" xml:space="preserve">`,
		...parts,
		'</g>',
		'</svg>',
		'',
	].join('\n');
}

function lookOf(cell: IBufferCell): Look {
	const colour = (value: number, isPalette: boolean, isRgb: boolean): string | undefined => {
		if (isRgb) return `#${value.toString(16).padStart(6, '0')}`;
		return isPalette ? (palette[value] ?? foreground) : undefined;
	};
	const front = colour(cell.getFgColor(), cell.isFgPalette(), cell.isFgRGB()) ?? foreground;
	const back = colour(cell.getBgColor(), cell.isBgPalette(), cell.isBgRGB());
	const inverse = cell.isInverse() !== 0;
	return {
		color: inverse ? (back ?? background) : front,
		back: inverse ? front : back,
		bold: cell.isBold() !== 0,
		dim: cell.isDim() !== 0,
	};
}

/** Neighbours of one colour as one rectangle: no seams between them. */
function backgrounds(cells: readonly Cell[]): string[] {
	const runs = runsOf(cells, (a, b) => a.back === b.back);
	return runs.flatMap(([first, last]) =>
		first.back
			? [
					rect(
						first.x * cellWidth,
						first.y * cellHeight,
						(last.x + last.wide - first.x) * cellWidth,
						cellHeight,
						first.back,
					),
				]
			: [],
	);
}

/** Every word is an element at its own column, stretched to its cells: columns never drift, whatever the font. */
function glyphs(cells: readonly Cell[]): string[] {
	const parts: string[] = [];
	const words: Cell[] = [];
	for (const cell of cells) {
		const drawn = cell.chars.trim() ? drawGlyph(cell) : '';
		if (drawn === undefined) words.push(cell);
		else if (drawn) parts.push(drawn);
	}
	const sameLook = (a: Cell, b: Cell) =>
		a.x + a.wide === b.x && a.color === b.color && a.bold === b.bold && a.dim === b.dim && a.wide === b.wide;
	for (const [first, last, text] of runsOf(words, sameLook)) {
		const width = round((last.x + last.wide - first.x) * cellWidth);
		const weight = first.bold ? ' font-weight="bold"' : '';
		const place = `x="${round(first.x * cellWidth)}" y="${round((first.y + 0.74) * cellHeight)}" textLength="${width}"`;
		parts.push(`<text ${place} fill="${first.color}"${weight}${fade(first)}>${escapeXml(text)}</text>`);
	}
	return parts;
}

/** Maximal runs of cells, as their first and last cell and the text. */
function runsOf(cells: readonly Cell[], same: (a: Cell, b: Cell) => boolean): Array<[Cell, Cell, string]> {
	const runs: Array<[Cell, Cell, string]> = [];
	for (const cell of cells) {
		const run = runs.at(-1);
		if (run && same(run[1], cell)) {
			run[1] = cell;
			run[2] += cell.chars;
		} else runs.push([cell, cell, cell.chars]);
	}
	return runs;
}

const fade = ({dim}: Look): string => (dim ? ' opacity="0.6"' : '');

/** Ends of each line character: from the centre of the cell to left, right, top, bottom. */
const strokes: Record<string, string> = {'─': 'lr', '│': 'tb', '╭': 'rb', '╮': 'lb', '╰': 'rt', '╯': 'lt'};

/** Undefined: the character is left to the font. */
function drawGlyph(cell: Cell): string | undefined {
	const {chars: glyph, color} = cell;
	const [left, top, opacity] = [cell.x * cellWidth, cell.y * cellHeight, fade(cell)];
	const ends = strokes[glyph];
	const [midX, midY] = [left + cellWidth / 2, top + cellHeight / 2];
	if (ends) {
		const point: Record<string, string> = {
			l: `${round(left)} ${round(midY)}`,
			r: `${round(left + cellWidth)} ${round(midY)}`,
			t: `${round(midX)} ${round(top)}`,
			b: `${round(midX)} ${round(top + cellHeight)}`,
		};
		const [from = 'l', to = 'r'] = ends;
		const path = `M${point[from]}Q${round(midX)} ${round(midY)} ${point[to]}`;
		return `<path d="${path}" stroke="${color}"${opacity} fill="none"/>`;
	}
	const code = glyph.codePointAt(0) ?? 0;
	if (code >= 0x2581 && code <= 0x2588) {
		const height = (cellHeight * (code - 0x2580)) / 8;
		return rect(left, top + cellHeight - height, cellWidth + 0.2, height, color, opacity);
	}
	if (code > 0x2800 && code <= 0x28ff) {
		// Dots 1–3 and 7 are the left column, 4–6 and 8 the right one.
		const places = [0, 1, 2, 4, 5, 6, 3, 7];
		return places
			.map((place, bit) => {
				if (!(code & (1 << bit))) return '';
				const dotX = left + cellWidth * (place < 4 ? 0.27 : 0.73);
				const dotY = top + cellHeight * (0.14 + (place % 4) * 0.24);
				return `<circle cx="${round(dotX)}" cy="${round(dotY)}" r="1.1" fill="${color}"${opacity}/>`;
			})
			.join('');
	}
	return undefined;
}

function rect(x: number, y: number, width: number, height: number, fill: string, opacity = ''): string {
	return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" fill="${fill}"${opacity}/>`;
}

const round = (value: number): number => Math.round(value * 100) / 100;

function escapeXml(text: string): string {
	return text.replace(/[&<>"]/g, (c) => ({'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'})[c] ?? c);
}
