import {QueryError} from './error.js';
import type {Exchange, Parties} from './exchange.js';
import {scan, type Token} from './scanner.js';
import {type queryKeys, type Term, termOf} from './terms.js';

/** Looks up a saved filter. */
export type SavedQueries = (name: string) => string | undefined;

/** Brackets, and saved filters in saved filters, one inside the other. */
const mostNested = 64;

/** A filter that was understood. */
export class Query {
	/** False: whether an exchange matches is known from its first message. */
	readonly wantsReply: boolean;
	/** True: it asks whether a call was answered, so that one that it lets through may be let through no longer. */
	readonly judgesSilence: boolean;
	readonly #test: Term['test'] | undefined;

	constructor(
		/** As it was typed. */
		readonly text: string,
		term?: Term,
	) {
		this.wantsReply = term?.wantsReply ?? false;
		this.judgesSilence = term?.judgesSilence ?? false;
		this.#test = term?.test;
	}

	/** It lets everything through. */
	get isEmpty(): boolean {
		return this.#test === undefined;
	}

	matches(exchange: Exchange, parties: Parties): boolean {
		return this.#test === undefined || this.#test(exchange, parties);
	}
}

/**
 * Understands a filter: words, `key:value` terms, D-Bus match rules and saved filters (`@name`), joined by `and`
 * (which may be left out), `or`, `not` (or `-`) and brackets. Throws QueryError, which says what is wrong where.
 */
export function parseQuery(text: string, saved: SavedQueries = () => undefined): Query {
	const term = new Parser(text, saved, []).parse();
	return new Query(text, term);
}

/** One term as it is typed, e.g. for "only this member": `member:Get`, quoted where it must be. */
export function queryTerm(key: (typeof queryKeys)[number], value: string, negated = false): string {
	const plain = /^[^\s"*?,()]+$/.test(value);
	const written = plain ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
	return `${negated ? '-' : ''}${key}:${written}`;
}

class Parser {
	readonly #tokens: Token[];
	readonly #end: number;
	readonly #saved: SavedQueries;
	/** Names of the saved filters that led here. */
	readonly #within: readonly string[];
	#next = 0;
	#depth = 0;

	constructor(text: string, saved: SavedQueries, within: readonly string[]) {
		this.#tokens = scan(text);
		this.#end = text.length;
		this.#saved = saved;
		this.#within = within;
	}

	/** Undefined: nothing is asked. */
	parse(): Term | undefined {
		if (this.#tokens.length === 0) return undefined;
		return this.#either();
	}

	#either(): Term {
		const terms = [this.#all()];
		while (this.#peek('or')) {
			this.#next++;
			terms.push(this.#all());
		}
		return combine(terms, (tests) => (exchange, parties) => tests.some((test) => test(exchange, parties)));
	}

	#all(): Term {
		const terms = [this.#one()];
		for (;;) {
			if (this.#peek('and')) this.#next++;
			else if (this.#next === this.#tokens.length || this.#peek('or') || this.#peek('close')) break;
			terms.push(this.#one());
		}
		return combine(terms, (tests) => (exchange, parties) => tests.every((test) => test(exchange, parties)));
	}

	#one(): Term {
		const token = this.#tokens[this.#next];
		if (token === undefined) throw this.#missing();
		this.#next++;
		switch (token.kind) {
			case 'not': {
				const {test, ...term} = this.#nested(token, () => this.#one());
				return {...term, test: (exchange, parties) => !test(exchange, parties)};
			}
			case 'open':
				return this.#nested(token, () => this.#group(token));
			case 'saved':
				return this.#savedTerm(token);
			case 'word':
			case 'key':
			case 'rule':
				return termOf(token);
			default:
				throw new QueryError('unexpected', {what: token.text}, token.at, token.length);
		}
	}

	#group(open: Token): Term {
		const inside = this.#either();
		if (!this.#peek('close')) throw new QueryError('unclosed', {what: '('}, open.at, open.length);
		this.#next++;
		return inside;
	}

	#nested(token: Token, parse: () => Term): Term {
		if (++this.#depth > mostNested) {
			throw new QueryError('unexpected', {what: token.text}, token.at, token.length);
		}
		const term = parse();
		this.#depth--;
		return term;
	}

	/** What is wrong inside a saved filter is shown at its name: that is what the reader has before him. */
	#savedTerm({text, at, length}: Token): Term {
		if (text === '') throw new QueryError('missing', {after: '@'}, at, length);
		if (this.#within.includes(text)) throw new QueryError('saved-loop', {name: text}, at, length);
		const saved = this.#saved(text);
		if (saved === undefined) throw new QueryError('unknown-saved', {name: text}, at, length);
		try {
			const term = new Parser(saved, this.#saved, [...this.#within, text]).parse();
			return term ?? {wantsReply: false, test: () => true};
		} catch (error) {
			if (error instanceof QueryError) throw new QueryError(error.code, error.params, at, length);
			throw error;
		}
	}

	#peek(kind: Token['kind']): boolean {
		return this.#tokens[this.#next]?.kind === kind;
	}

	#missing(): QueryError {
		const last = this.#tokens[this.#next - 1];
		return new QueryError('missing', {after: last?.text ?? ''}, last?.at ?? this.#end, last?.length ?? 0);
	}
}

function combine(terms: Term[], join: (tests: Array<Term['test']>) => Term['test']): Term {
	const [only] = terms;
	if (only !== undefined && terms.length === 1) return only;
	return {
		wantsReply: terms.some(({wantsReply}) => wantsReply),
		judgesSilence: terms.some(({judgesSilence}) => judgesSilence === true),
		test: join(terms.map(({test}) => test)),
	};
}
