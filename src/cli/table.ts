import stringWidth from 'string-width';

export interface Column {
	title: string;
	align?: 'right';
	/** Gives way when the table is too wide; the columns that shrink do so in proportion, to this many cells at least. */
	least?: number;
}

const gap = '  ';

/**
 * A table of already escaped cells. `width` is that of the terminal in cells; undefined (no terminal) cuts nothing.
 */
export function renderTable(columns: readonly Column[], rows: readonly string[][], width?: number): string {
	const titles = columns.map(({title}) => title);
	const natural = columns.map((_, index) =>
		Math.max(...[titles, ...rows].map((row) => stringWidth(row[index] ?? ''))),
	);
	const widths = width === undefined ? natural : fittedWidths(columns, natural, width);
	return [titles, ...rows].map((row) => renderRow(columns, row, widths)).join('\n');
}

function fittedWidths(columns: readonly Column[], natural: readonly number[], width: number): number[] {
	const widths = [...natural];
	let excess = widths.reduce((sum, each) => sum + each, 0) + gap.length * (columns.length - 1) - width;
	while (excess > 0) {
		// The widest of those that may shrink gives a cell, until all fits or all are at their least.
		const candidates = widths
			.map((each, index) => ({each, index, least: columns[index]?.least}))
			.filter(({each, least}) => least !== undefined && each > least)
			.sort((a, b) => b.each - a.each);
		const widest = candidates[0];
		if (widest === undefined) break;
		widths[widest.index] = widest.each - 1;
		excess--;
	}
	return widths;
}

function renderRow(columns: readonly Column[], row: readonly string[], widths: readonly number[]): string {
	return columns
		.map(({align}, index) => {
			const text = cut(row[index] ?? '', widths[index] ?? 0);
			const padding = ' '.repeat((widths[index] ?? 0) - stringWidth(text));
			return align === 'right' ? padding + text : text + padding;
		})
		.join(gap)
		.trimEnd();
}

function cut(text: string, width: number): string {
	if (stringWidth(text) <= width) return text;
	let result = '';
	let used = 0;
	for (const character of text) {
		used += stringWidth(character);
		if (used > width - 1) break;
		result += character;
	}
	return `${result}…`;
}
