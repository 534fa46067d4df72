import type {CallAnswer, IncomingCall} from '../calls.js';
import {Variant} from '../wire/reader.js';
import {announcePath, frozenSignature, introspection, managerInterface} from './interface.js';

/** One frozen service, as the announced list tells it. */
export interface FrozenEntry {
	/** Well-known names that it owned. */
	names: readonly string[];
	uniqueName: string;
	pid: number;
	checkpoint: string;
	/** Milliseconds since the epoch. */
	since: number;
}

const errorName = (name: string) => `org.freedesktop.DBus.Error.${name}`;

/** The list's value for the wire. */
export function frozenValue(entries: readonly FrozenEntry[]): Variant {
	const rows = entries.map(({names, uniqueName, pid, checkpoint, since}) => [
		[...names],
		uniqueName,
		pid,
		checkpoint,
		BigInt(since),
	]);
	return new Variant(frozenSignature, rows);
}

/** Answers a call to the announced object; `list` is asked anew each time. */
export function answerCall(call: IncomingCall, list: () => readonly FrozenEntry[]): CallAnswer {
	const standard = 'org.freedesktop.DBus.';
	const is = (interfaceName: string, member: string) =>
		call.member === member && (call.interface === interfaceName || call.interface === '');
	if (is(`${standard}Peer`, 'Ping')) return {};
	if (is(`${standard}Introspectable`, 'Introspect')) {
		const xml = introspection(call.path);
		return xml === undefined ? unknownObject(call) : {signature: 's', body: [xml]};
	}
	if (call.path !== announcePath) return unknownObject(call);
	if (is(managerInterface, 'List')) return {signature: frozenSignature, body: [frozenValue(list()).value]};
	if (is(`${standard}Properties`, 'GetAll') || is(`${standard}Properties`, 'Get'))
		return property(call, list);
	if (is(`${standard}Properties`, 'Set'))
		return {errorName: errorName('PropertyReadOnly'), text: 'All properties are read-only'};
	return {
		errorName: errorName('UnknownMethod'),
		text: `No method ${call.member} of interface ${call.interface || '(none)'}`,
	};
}

function property(call: IncomingCall, list: () => readonly FrozenEntry[]): CallAnswer {
	let words: unknown[];
	try {
		words = call.body();
	} catch {
		words = [];
	}
	const [interfaceName, name] = words;
	if (typeof interfaceName !== 'string' || (call.member === 'Get' && typeof name !== 'string'))
		return {errorName: errorName('InvalidArgs'), text: `${call.member} takes strings`};
	const isOurs = interfaceName === managerInterface || interfaceName === '';
	if (call.member === 'GetAll') {
		const properties = isOurs ? {Frozen: frozenValue(list())} : {};
		return {signature: 'a{sv}', body: [properties]};
	}
	if (isOurs && name === 'Frozen') return {signature: 'v', body: [frozenValue(list())]};
	return {errorName: errorName('UnknownProperty'), text: `No property ${name} of ${interfaceName}`};
}

function unknownObject({path}: IncomingCall): CallAnswer {
	return {errorName: errorName('UnknownObject'), text: `No object ${path}; there is ${announcePath}`};
}
