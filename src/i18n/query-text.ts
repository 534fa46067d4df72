import {escapeText} from '../common/escape.js';
import type {QueryError} from '../dbus/query/error.js';
import {messages} from './index.js';

/** Characters of the wrong part that are quoted. */
const longestQuote = 40;

/** The sentence for a filter that cannot be understood, safe to print. `text` is the filter. */
export function queryErrorText(error: QueryError, text: string): string {
	const {query} = messages();
	const {code, params, at, length} = error;
	const problem = (query.problems[code] as (facts: typeof params) => string)(params);
	const marked = text.slice(at, at + Math.min(length, longestQuote));
	// Counted as people count, not in UTF-16 units.
	return escapeText(query.wrong(problem, [...text.slice(0, at)].length + 1, marked));
}
