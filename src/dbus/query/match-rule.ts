import type {MessageType} from '../types.js';
import {WireError} from '../wire/error.js';
import {field} from '../wire/header.js';
import {typeEnd} from '../wire/signature.js';
import {QueryError} from './error.js';
import type {Parties, QueryMessage} from './exchange.js';

/** One key of a match rule and its value, as written in the D-Bus specification. */
interface RulePart {
	key: string;
	value: string;
}

export type RuleTest = (message: QueryMessage, parties: Parties) => boolean;

export interface MatchRule {
	matches: RuleTest;
	/** False: it names a type that is no method call, so no call can match. */
	takesCalls: boolean;
}

const types: Record<string, MessageType> = {
	method_call: 'call',
	method_return: 'return',
	error: 'error',
	signal: 'signal',
};
/** The specification's; `eavesdrop` changes what the daemon delivers, not what matches. */
export const ruleKeys = [
	'type',
	'sender',
	'interface',
	'member',
	'path',
	'path_namespace',
	'destination',
	'arg0',
	'arg0path',
	'arg0namespace',
	'eavesdrop',
] as const;
/** The highest N of argN. */
const lastArgument = 63;

/**
 * Reads `key='value',key='value'`, the rules of AddMatch. Throws QueryError.
 * @param from where the rule stands in the text that the error's place refers to.
 */
export function parseMatchRule(rule: string, from = 0): MatchRule {
	const tests: RuleTest[] = [];
	let takesCalls = true;
	const seen = new Set<string>();
	for (const {key, value, at, length} of partsOf(rule, from)) {
		const bad = (): QueryError => new QueryError('bad-rule', {value: `${key}='${value}'`}, at, length);
		// The daemon refuses a key that is given twice, so it cannot mean anything here either.
		if (seen.has(key)) throw bad();
		seen.add(key);
		if (key === 'type') {
			const type = types[value];
			if (type === undefined) {
				throw new QueryError('bad-type', {value, known: Object.keys(types)}, at, length);
			}
			takesCalls = type === 'call';
		}
		const test = testOf({key, value});
		if (test === undefined) throw new QueryError('rule-key', {key, known: ruleKeys}, at, length);
		tests.push(test);
	}
	return {takesCalls, matches: (message, parties) => tests.every((test) => test(message, parties))};
}

/** As libdbus reads them: spaces before a key are skipped, a value may be quoted in parts, `\'` is a quote. */
function* partsOf(rule: string, from: number): Generator<RulePart & {at: number; length: number}> {
	let at = 0;
	while (at < rule.length) {
		while (/\s/.test(rule[at] ?? '')) at++;
		if (at === rule.length) return;
		const equals = rule.indexOf('=', at);
		const key = equals < 0 ? rule.slice(at) : rule.slice(at, equals).trimEnd();
		if (equals < 0 || key === '') {
			throw new QueryError('bad-rule', {value: rule.slice(at)}, from + at, rule.length - at);
		}
		const {value, end} = valueAt(rule, equals + 1, from);
		yield {key, value, at: from + at, length: end - at};
		at = end + 1;
	}
}

/** The value that begins at `start`, and the index of the comma or end after it. */
function valueAt(rule: string, start: number, from: number): {value: string; end: number} {
	let value = '';
	let quote = -1;
	let at = start;
	for (; at < rule.length; at++) {
		const character = rule[at] as string;
		if (character === "'") quote = quote < 0 ? at : -1;
		else if (quote < 0 && character === ',') break;
		else if (quote < 0 && character === '\\' && rule[at + 1] === "'") {
			value += "'";
			at++;
		} else value += character;
	}
	if (quote >= 0) throw new QueryError('unclosed', {what: "'"}, from + quote, rule.length - quote);
	return {value, end: at};
}

function testOf({key, value}: RulePart): RuleTest | undefined {
	switch (key) {
		case 'type':
			return (message) => message.type === types[value];
		case 'interface':
			return (message) => message.text(field.interface) === value;
		case 'member':
			return (message) => message.text(field.member) === value;
		case 'path':
			return (message) => message.text(field.path) === value;
		case 'path_namespace':
			return (message) => isBelow(message.text(field.path), value, '/');
		case 'sender':
			return (message, parties) => isParty(message.text(field.sender), value, parties);
		case 'destination':
			return (message, parties) => isParty(message.text(field.destination), value, parties);
		case 'eavesdrop':
			return () => true;
		default:
			return argumentTest(key, value);
	}
}

function argumentTest(key: string, value: string): RuleTest | undefined {
	const [, digits, kind] = /^arg(\d{1,2})(path|namespace)?$/.exec(key) ?? [];
	const index = Number(digits);
	if (digits === undefined || index > lastArgument || (kind === 'namespace' && index !== 0)) return undefined;
	return (message) => {
		const argument = stringArgument(message, index);
		if (argument === undefined) return false;
		if (kind === 'path') return isPathMatch(argument.value, value);
		// Plain argN and the namespace are for strings only.
		if (argument.type !== 's') return false;
		return kind === undefined ? argument.value === value : isBelow(argument.value, value, '.');
	};
}

/** A well-known name in a rule means its owner, as in the daemon. */
function isParty(name: string | undefined, wanted: string, parties: Parties): boolean {
	if (name === undefined) return false;
	if (name === wanted) return true;
	return wanted.startsWith(':') ? parties.owns(wanted, name) : parties.owns(name, wanted);
}

function isBelow(text: string | undefined, namespace: string, separator: string): boolean {
	if (text === undefined) return false;
	if (text === namespace || namespace === separator) return true;
	return text.startsWith(`${namespace}${separator}`);
}

/** Equal, or one of both ends in `/` and is a prefix of the other. */
function isPathMatch(path: string, wanted: string): boolean {
	if (path === wanted) return true;
	return (path.endsWith('/') && wanted.startsWith(path)) || (wanted.endsWith('/') && path.startsWith(wanted));
}

/** Argument number `index` if it is a string or an object path; undefined in a body that is broken. */
function stringArgument(message: QueryMessage, index: number): {type: string; value: string} | undefined {
	const signature = message.text(field.signature) ?? '';
	try {
		let at = 0;
		for (let before = 0; before < index && at < signature.length; before++) at = typeEnd(signature, at);
		const type = signature[at];
		if (type !== 's' && type !== 'o') return undefined;
		const value = message.body()[index];
		return typeof value === 'string' ? {type, value} : undefined;
	} catch (error) {
		if (error instanceof WireError) return undefined;
		throw error;
	}
}
