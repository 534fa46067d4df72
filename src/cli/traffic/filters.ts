import type {Config} from '../../common/config/schema.js';
import {Fault} from '../../common/fault.js';
import {QueryError} from '../../dbus/query/error.js';
import {type MatchRule, parseMatchRule} from '../../dbus/query/match-rule.js';
import {parseQuery, type Query} from '../../dbus/query/query.js';
import {queryErrorText} from '../../i18n/query-text.js';

/** What the options `--match` and `--filter` ask for. */
export interface Filters {
	rules: readonly MatchRule[];
	/** For the daemon: the rules, and what brings the answers to the calls that they let through. */
	daemonRules: readonly string[];
	query: Query;
}

/** Throws Fault `usage` that says what is wrong where. */
export function filtersOf(options: {match?: readonly string[]; filter?: string}, config: Config): Filters {
	const texts = options.match ?? [];
	const rules = texts.map((rule) => understood(rule, () => parseMatchRule(rule)));
	const filter = options.filter ?? '';
	const query = understood(filter, () => parseQuery(filter, (name) => savedFilter(config, name)));
	const answers = rules.some(({takesCalls}) => takesCalls) ? ["type='method_return'", "type='error'"] : [];
	return {rules, daemonRules: [...texts, ...answers], query};
}

/** Own entries only: `@constructor` is nobody's filter. */
export function savedFilter({filters = {}}: Config, name: string): string | undefined {
	return Object.hasOwn(filters, name) ? filters[name] : undefined;
}

function understood<T>(text: string, parse: () => T): T {
	try {
		return parse();
	} catch (error) {
		if (error instanceof QueryError) throw new Fault('usage', {detail: queryErrorText(error, text)});
		throw error;
	}
}
