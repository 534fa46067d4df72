import {messages} from '../../i18n/index.js';
import {type Row, span} from '../spans.js';
import {formatBytes} from '../text.js';

/** Bytes as `hexdump -C` shows them; `total` is how many the message has. */
export function hexRows(bytes: Uint8Array, total: number, width: number): Row[] {
	// Offset and two gaps, then three columns and one for each byte.
	const perRow = width >= 6 + 4 + 32 * 4 ? 32 : 16;
	const rows: Row[] = [];
	for (let at = 0; at < bytes.length; at += perRow) {
		const some = [...bytes.subarray(at, at + perRow)];
		const hex = some.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
		const text = some.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
		rows.push([
			span(at.toString(16).padStart(6, '0'), 'dim'),
			span(`  ${hex.padEnd(perRow * 3 - 1)}  `),
			span(text, 'accent'),
		]);
	}
	if (bytes.length < total) {
		rows.push([span(messages().screen.message.moreBytes(formatBytes(total - bytes.length)), 'dim')]);
	}
	return rows;
}
