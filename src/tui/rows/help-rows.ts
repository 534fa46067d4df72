import {messages} from '../../i18n/index.js';
import {type Group, keyTable} from '../keys.js';
import {type Row, span} from '../spans.js';
import {pad} from '../text.js';

const groups: readonly Group[] = ['act', 'look', 'move', 'answer', 'program'];

/** The whole key table in words, by what people want to do, then the signs. */
export function helpRows(): Row[] {
	const {help, keys, docs} = messages().screen;
	const rows: Row[] = [];
	for (const group of groups) {
		rows.push([span(help.groups[group], 'strong')]);
		for (const binding of keyTable.filter((candidate) => candidate.group === group)) {
			const where = binding.scopes.includes('browse')
				? ''
				: ` (${binding.scopes.map((scope) => docs.scopes[scope]).join(', ')})`;
			rows.push([
				span(pad(`  ${binding.keys.join('  ')}`, 18), 'accent'),
				span(keys[binding.id].long),
				span(where, 'dim'),
			]);
		}
		rows.push([]);
	}
	rows.push([span(help.signs, 'strong')]);
	for (const [sign, meaning] of help.legend) rows.push([span(pad(`  ${sign}`, 18), 'accent'), span(meaning)]);
	return rows;
}
