import {en} from '../i18n/en/index.js';
import {zhCN} from '../i18n/zh-CN/index.js';
import {keyTable} from './keys.js';

/** docs/keys.md: the key table in both languages. */
export function keysMarkdown(): string {
	const sections = [en, zhCN].map(({screen}) => {
		const {title, intro, columns, scopes} = screen.docs;
		const rows = keyTable.map((binding) => {
			const keys = binding.keys.map((key) => `\`${key}\``).join(' ');
			const where = binding.scopes.map((scope) => scopes[scope]).join(', ');
			return `| ${keys} | ${where} | ${screen.keys[binding.id].long} |`;
		});
		return [`# ${title}`, '', intro, '', `| ${columns.join(' | ')} |`, '|---|---|---|', ...rows, ''].join(
			'\n',
		);
	});
	return sections.join('\n');
}
