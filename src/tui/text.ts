import stringWidth from 'string-width';
import {escapeText} from '../common/escape.js';

const ascii = /^[\u0020-\u007e]*$/;
const graphemes = new Intl.Segmenter(undefined, {granularity: 'grapheme'});

/** Terminal columns that the text takes. */
export function widthOf(text: string): number {
	return ascii.test(text) ? text.length : stringWidth(text);
}

/** The longest head of the text that is no wider than `width` columns. */
function head(text: string, width: number): string {
	if (ascii.test(text)) return text.slice(0, Math.max(width, 0));
	let taken = '';
	let used = 0;
	for (const {segment} of graphemes.segment(text)) {
		const next = used + stringWidth(segment);
		if (next > width) break;
		taken += segment;
		used = next;
	}
	return taken;
}

/** Shortens to at most `width` columns; a cut shows as `…`. */
export function cut(text: string, width: number): string {
	if (width <= 0) return '';
	return widthOf(text) <= width ? text : `${head(text, width - 1)}…`;
}

/** As `cut`, but keeps the end: what tells paths and addresses apart. */
export function cutStart(text: string, width: number): string {
	if (widthOf(text) <= width) return text;
	const segments = Array.from(graphemes.segment(text), ({segment}) => segment);
	let used = 1;
	let from = segments.length;
	while (from > 0 && used + widthOf(segments[from - 1] ?? '') <= width)
		used += widthOf(segments[--from] ?? '');
	return width <= 0 ? '' : `…${segments.slice(from).join('')}`;
}

/** Exactly `width` columns: cut or padded with spaces. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
	const short = cut(text, width);
	const padding = ' '.repeat(Math.max(width - widthOf(short), 0));
	return align === 'left' ? short + padding : padding + short;
}

/**
 * A bus name in at most `width` columns. The end of a reversed domain name tells services apart, so leading
 * parts go first: `org.freedesktop.login1` → `login1`.
 */
export function shortName(name: string, width: number): string {
	let rest = escapeText(name);
	while (widthOf(rest) > width) {
		const dot = rest.indexOf('.', 1);
		if (dot < 0 || rest.startsWith(':')) return cut(rest, width);
		rest = rest.slice(dot + 1);
	}
	return rest;
}

/** Breaks text into lines of at most `width` columns, at spaces where there are any (Chinese has none). */
export function wrap(text: string, width: number): string[] {
	const lines: string[] = [];
	let line = '';
	for (const word of text.split(/(?<= )/)) {
		let rest = word;
		if (line && widthOf(line + rest.trimEnd()) > width && widthOf(rest) <= width && ascii.test(rest)) {
			lines.push(line.trimEnd());
			line = '';
		}
		while (widthOf(line + rest.trimEnd()) > width) {
			const part = head(rest, width - widthOf(line));
			if (!part && !line) break;
			lines.push((line + part).trimEnd());
			line = '';
			rest = rest.slice(part.length);
		}
		line += rest;
	}
	if (line.trim() || lines.length === 0) lines.push(line.trimEnd());
	return lines;
}

const units = ['B', 'kB', 'MB', 'GB'];

/** 0 B, 812 B, 3.2 kB, 127 MB: powers of 1000. */
export function formatBytes(bytes: number): string {
	let value = bytes;
	let unit = 0;
	while (value >= 1000 && unit < units.length - 1) {
		value /= 1000;
		unit++;
	}
	return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** Milliseconds as people read them: <0.1 ms, 0.4 ms, 12 ms, 3.1 s, 2 min, 5 h. */
export function formatMs(ms: number): string {
	if (ms < 0.1) return '<0.1 ms';
	if (ms < 10) return `${ms.toFixed(1)} ms`;
	if (ms < 1000) return `${Math.round(ms)} ms`;
	if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
	if (ms < 100 * 60_000) return `${Math.round(ms / 60_000)} min`;
	return `${Math.round(ms / 3_600_000)} h`;
}

/** A count or a rate in at most six characters: 812, 12.3k, 1.2M. */
export function formatCount(count: number): string {
	if (count < 10_000) return String(Math.round(count));
	if (count < 1_000_000) return `${(count / 1000).toFixed(1)}k`;
	return `${(count / 1_000_000).toFixed(1)}M`;
}

/** How long something has lasted, in whole units: 0 s, 59 s, 12 min, 3 h, 5 d. */
export function formatAge(ms: number): string {
	const seconds = Math.max(Math.floor(ms / 1000), 0);
	if (seconds < 60) return `${seconds} s`;
	if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
	return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

const pad2 = (n: number): string => String(n).padStart(2, '0');

/** Local wall clock; `precise` adds milliseconds: 12:01:33.120. */
export function formatTime(at: number, precise: boolean): string {
	const date = new Date(at);
	const seconds = `${pad2(date.getHours())}:${pad2(date.getMinutes())}:${pad2(date.getSeconds())}`;
	return precise ? `${seconds}.${String(date.getMilliseconds()).padStart(3, '0')}` : seconds;
}

const blocks = '▁▂▃▄▅▆▇█';

/** One block character for each value, scaled to the highest of them. */
export function sparkline(values: readonly number[]): string {
	// A little air above: a steady rate is no full bar.
	const highest = Math.max(...values, 1) * 1.2;
	return values
		.map((value) => blocks[Math.min(Math.floor((value / highest) * blocks.length), blocks.length - 1)] ?? '▁')
		.join('');
}
