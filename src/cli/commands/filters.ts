import {readConfig, saveFilter} from '../../common/config/file.js';
import type {Config} from '../../common/config/schema.js';
import {escapeText} from '../../common/escape.js';
import {Fault} from '../../common/fault.js';
import {messages} from '../../i18n/index.js';
import type {Command, CommandContext} from '../context.js';
import {printJson} from '../report.js';
import {renderTable} from '../table.js';
import {filtersOf, savedFilter} from '../traffic/filters.js';

/** The saved filters. */
export const run: Command<Record<string, never>> = async (context) => {
	print(context, await readConfig(context.env));
	return 0;
};

/** Saves a filter that is understood, under a name that can be typed after `@`. Throws Fault `usage`. */
export const save: Command<{name: string; text: string}> = async (context, {name, text}) => {
	// A name that ends a word, or begins something else, could never be called.
	if (!/^[^\s()"@]+$/.test(name)) throw new Fault('usage', {detail: messages().cli.filters.badName(name)});
	const before = await readConfig(context.env);
	const after = {...before, filters: {...before.filters, [name]: text}};
	// Also by its name, which it must not lead back to.
	filtersOf({filter: text}, after);
	filtersOf({filter: `@${name}`}, after);
	print(context, await saveFilter(context.env, name, text));
	return 0;
};

/** Forgets one. Throws Fault `usage` when there is none of that name. */
export const remove: Command<{name: string}> = async (context, {name}) => {
	if (savedFilter(await readConfig(context.env), name) === undefined) {
		throw new Fault('usage', {detail: messages().cli.filters.unknown(name)});
	}
	print(context, await saveFilter(context.env, name, undefined));
	return 0;
};

function print(context: CommandContext, {filters = {}}: Config): void {
	const text = messages().cli.filters;
	const rows = Object.entries(filters).map(([name, filter]) => [`@${escapeText(name)}`, escapeText(filter)]);
	if (context.json) printJson(context, {ok: true, filters});
	else if (rows.length === 0) context.stderr.write(`${text.none}\n`);
	else {
		const [name, filter] = text.header;
		const columns = [{title: name}, {title: filter, least: 12}];
		context.stdout.write(`${renderTable(columns, rows, context.stdout.columns)}\n`);
	}
}
