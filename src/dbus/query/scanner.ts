import {QueryError} from './error.js';

/** Characters of a filter; more is no filter that somebody typed. */
const longestQuery = 16 * 1024;

export interface Token {
	kind: 'open' | 'close' | 'and' | 'or' | 'not' | 'word' | 'key' | 'rule' | 'saved';
	/** Of a `key` in lower case, of a `word`, `rule` and `saved` what it says, without quotation marks. */
	text: string;
	/** Of a `key`: what it must be. */
	value: string;
	/** The value, or the word, stood in quotation marks: wildcards in it mean themselves. */
	quoted: boolean;
	at: number;
	length: number;
}

const keywords: Record<string, Token['kind']> = {and: 'and', or: 'or', not: 'not'};

/** Cuts a filter into its parts. Throws QueryError. */
export function scan(text: string): Token[] {
	if (text.length > longestQuery) throw new QueryError('too-long', {most: longestQuery}, longestQuery, 1);
	return new Scanner(text).tokens();
}

class Scanner {
	#at = 0;
	/** Brackets that wait to be closed: inside them a `)` at the end of a word closes one. */
	#depth = 0;
	readonly #text: string;

	constructor(text: string) {
		this.#text = text;
	}

	tokens(): Token[] {
		const tokens: Token[] = [];
		for (;;) {
			this.#at += /^\s*/.exec(this.#text.slice(this.#at))?.[0].length ?? 0;
			if (this.#at >= this.#text.length) return tokens;
			tokens.push(this.#token());
		}
	}

	#token(): Token {
		const at = this.#at;
		const made = (kind: Token['kind'], text: string, more: Partial<Token> = {}): Token => ({
			kind,
			text,
			value: '',
			quoted: false,
			...more,
			at,
			length: this.#at - at,
		});
		const first = this.#text[at] as string;
		if (first === '(' || (first === ')' && this.#depth > 0)) {
			this.#at++;
			this.#depth += first === '(' ? 1 : -1;
			return made(first === '(' ? 'open' : 'close', first);
		}
		if (first === '-' || first === '!') {
			this.#at++;
			return made('not', first);
		}
		if (first === '"') return made('word', this.#quoted(), {quoted: true});
		if (first === '@') {
			this.#at++;
			return made('saved', this.#word());
		}
		const [, key, operator] = /^([a-z][a-z0-9_-]*)([:=])/i.exec(this.#text.slice(at)) ?? [];
		if (key !== undefined && operator === '=') return made('rule', this.#rule());
		if (key !== undefined) {
			this.#at += key.length + 1;
			const quoted = this.#text[this.#at] === '"';
			return made('key', key.toLowerCase(), {value: quoted ? this.#quoted() : this.#word(), quoted});
		}
		const word = this.#word();
		return made(keywords[word.toLowerCase()] ?? 'word', word);
	}

	/** Up to a space, or the bracket that closes a group: `Add(i)` keeps its own. */
	#word(): string {
		const from = this.#at;
		let open = 0;
		for (; this.#at < this.#text.length; this.#at++) {
			const character = this.#text[this.#at] as string;
			if (/\s/.test(character)) break;
			if (character === '(') open++;
			if (character === ')' && --open < 0 && this.#depth > 0) break;
		}
		return this.#text.slice(from, this.#at);
	}

	/** `"…"`, in which `\"` and `\\` stand for themselves. */
	#quoted(): string {
		const from = this.#at;
		let value = '';
		for (this.#at++; this.#at < this.#text.length; this.#at++) {
			const character = this.#text[this.#at] as string;
			if (character === '"') {
				this.#at++;
				return value;
			}
			const next = this.#text[this.#at + 1];
			if (character === '\\' && (next === '"' || next === '\\')) {
				value += next;
				this.#at++;
			} else value += character;
		}
		throw new QueryError('unclosed', {what: '"'}, from, this.#text.length - from);
	}

	/** A D-Bus match rule, up to a space outside its quotation marks. */
	#rule(): string {
		const from = this.#at;
		let quote = -1;
		for (; this.#at < this.#text.length; this.#at++) {
			const character = this.#text[this.#at] as string;
			if (character === "'" && !(quote < 0 && this.#text[this.#at - 1] === '\\')) {
				quote = quote < 0 ? this.#at : -1;
			} else if (quote < 0 && (/\s/.test(character) || (character === ')' && this.#depth > 0))) break;
		}
		if (quote >= 0) throw new QueryError('unclosed', {what: "'"}, quote, this.#text.length - quote);
		return this.#text.slice(from, this.#at);
	}
}
