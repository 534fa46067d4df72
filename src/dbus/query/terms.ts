import type {MessageType} from '../types.js';
import {field} from '../wire/header.js';
import {QueryError} from './error.js';
import type {Exchange, Parties, QueryMessage, Test} from './exchange.js';
import {parseMatchRule} from './match-rule.js';
import {namePattern, type Pattern, pathPattern} from './pattern.js';
import type {Token} from './scanner.js';

/** A part of a filter that stands for itself. */
export interface Term {
	test: Test;
	/** True: an answer can make it true, so it must be asked again when that comes. */
	wantsReply: boolean;
	/** True: the absence of an answer can make it true, and an answer false again. */
	judgesSilence?: boolean;
}

/** The keys of the short language, for help and for those who complete what is typed. */
export const queryKeys = [
	'from',
	'to',
	'with',
	'interface',
	'member',
	'path',
	'type',
	'error',
	'slower',
	'body',
	'is',
] as const;

/** The words of the match rules for the same. */
const synonyms: Record<string, (typeof queryKeys)[number]> = {sender: 'from', destination: 'to'};

const types: Record<string, readonly MessageType[]> = {
	call: ['call'],
	return: ['return'],
	error: ['error'],
	signal: ['signal'],
	reply: ['return', 'error'],
	method_call: ['call'],
	method_return: ['return'],
};

/** Makes the test for one `key:value`, word, or match rule. Throws QueryError. */
export function termOf(token: Token): Term {
	if (token.kind === 'rule') return ruleTerm(token);
	if (token.kind === 'word') return textTerm(token.text);
	const {text, value, at, length} = token;
	const key = synonyms[text] ?? text;
	if (!isKey(key)) throw new QueryError('unknown-key', {key: text, known: queryKeys}, at, text.length);
	if (value === '') throw new QueryError('missing', {after: `${text}:`}, at, length);
	return keyTerms[key](token);
}

function isKey(key: string): key is (typeof queryKeys)[number] {
	return (queryKeys as readonly string[]).includes(key);
}

const keyTerms: Record<(typeof queryKeys)[number], (token: Token) => Term> = {
	from: (token) => partyTerm(token, [field.sender]),
	to: (token) => partyTerm(token, [field.destination]),
	with: (token) => partyTerm(token, [field.sender, field.destination]),
	interface: (token) => fieldTerm(field.interface, anyOf(token, namePattern)),
	member: (token) => fieldTerm(field.member, anyOf(token, namePattern)),
	path: (token) => fieldTerm(field.path, anyOf(token, pathPattern)),
	type: typeTerm,
	error: errorTerm,
	slower: slowerTerm,
	body: (token) => bodyTerm(token.value),
	is: stateTerm,
};

/** `a,b` means either; in quotation marks the comma is one. */
function anyOf({value, quoted}: Token, make: (value: string, quoted: boolean) => Pattern): Pattern {
	const values = quoted ? [value] : value.split(',').filter((part) => part !== '');
	const patterns = values.map((one) => make(one, quoted));
	return (text) => patterns.some((pattern) => pattern(text));
}

function fieldTerm(code: number, pattern: Pattern): Term {
	return {
		wantsReply: false,
		test({first}) {
			const text = first.text(code);
			return text !== undefined && pattern(text);
		},
	};
}

/** Names asked about before; who is on a bus changes seldom, and messages come by the ten thousand. */
const mostCached = 10_000;

function partyTerm(token: Token, codes: readonly number[]): Term {
	const byName = anyOf(token, namePattern);
	const pids = token.value.split(',').map((value) => `pid:${value}`);
	const pattern: Pattern = (alias) => byName(alias) || pids.includes(alias);
	const cache = new Map<string, boolean>();
	let asked: Parties | undefined;
	let version = 0;
	const isWanted = (name: string, parties: Parties): boolean => {
		if (asked !== parties || version !== parties.version || cache.size > mostCached) {
			cache.clear();
			asked = parties;
			version = parties.version;
		}
		let wanted = cache.get(name);
		if (wanted === undefined) {
			wanted = parties.aliases(name).some(pattern);
			cache.set(name, wanted);
		}
		return wanted;
	};
	return {
		wantsReply: false,
		test: ({first}, parties) =>
			codes.some((code) => {
				const name = first.text(code);
				return name !== undefined && isWanted(name, parties);
			}),
	};
}

function typeTerm({value, at, length}: Token): Term {
	const wanted = value.split(',').flatMap((name) => {
		const found = types[name.toLowerCase()];
		if (found === undefined)
			throw new QueryError('bad-type', {value: name, known: Object.keys(types)}, at, length);
		return found;
	});
	const includes = (message: QueryMessage | undefined): boolean =>
		message?.type !== undefined && wanted.includes(message.type);
	return {
		wantsReply: wanted.includes('return') || wanted.includes('error'),
		test: ({first, reply}) => includes(first) || includes(reply),
	};
}

function errorTerm(token: Token): Term {
	const pattern = anyOf(token, namePattern);
	const fits = (message: QueryMessage | undefined): boolean =>
		message?.type === 'error' && pattern(message.text(field.errorName) ?? '');
	return {wantsReply: true, test: ({first, reply}) => fits(first) || fits(reply)};
}

const milliseconds: Record<string, number> = {us: 0.001, µs: 0.001, μs: 0.001, ms: 1, s: 1000};

function slowerTerm({value, at, length}: Token): Term {
	const [, digits, unit = 'ms'] = /^(\d+(?:\.\d+)?)([uµμ]s|ms|s)?$/.exec(value) ?? [];
	if (digits === undefined) throw new QueryError('bad-duration', {value}, at, length);
	const least = Number(digits) * (milliseconds[unit] as number);
	return {wantsReply: true, test: ({elapsed}) => elapsed !== undefined && elapsed >= least};
}

function bodyTerm(text: string): Term {
	const wanted = text.toLowerCase();
	const contains = (message: QueryMessage | undefined): boolean =>
		message?.bodyString().toLowerCase().includes(wanted) === true;
	return {
		wantsReply: true,
		test: ({first, reply, secret}) => secret !== true && (contains(first) || contains(reply)),
	};
}

const states = ['unanswered'];

function stateTerm({value, at, length}: Token): Term {
	if (!states.includes(value.toLowerCase())) {
		throw new QueryError('bad-state', {value, known: states}, at, length);
	}
	return {wantsReply: true, judgesSilence: true, test: ({unanswered}) => unanswered === true};
}

/** A word finds what a line shows, and the text in bodies. */
function textTerm(text: string): Term {
	const wanted = text.toLowerCase();
	const contains = (message: QueryMessage | undefined, parties: Parties): boolean =>
		message !== undefined && visibleText(message, parties).toLowerCase().includes(wanted);
	const body = bodyTerm(text);
	return {
		wantsReply: true,
		test: (exchange, parties) =>
			contains(exchange.first, parties) || contains(exchange.reply, parties) || body.test(exchange, parties),
	};
}

function visibleText(message: QueryMessage, parties: Parties): string {
	const names = [message.text(field.sender), message.text(field.destination)]
		.filter((name) => name !== undefined)
		.flatMap((name) => parties.aliases(name));
	const member = message.text(field.member);
	return [
		...names,
		message.text(field.path),
		message.text(field.interface),
		// As a line shows it: `Add(i)`.
		member === undefined ? undefined : `${member}(${message.text(field.signature) ?? ''})`,
		message.text(field.errorName),
	].join('\n');
}

function ruleTerm({text, at}: Token): Term {
	const {matches} = parseMatchRule(text, at);
	return {
		wantsReply: true,
		test: ({first, reply}: Exchange, parties) =>
			matches(first, parties) || (reply !== undefined && matches(reply, parties)),
	};
}
