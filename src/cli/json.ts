import {type Value, Variant} from '../dbus/wire/reader.js';

/** JSON escapes the first 32 control characters only; these too can fool a terminal. */
const unsafe = /[\u007f-\u009f]|[\p{Cf}\p{Zl}\p{Zp}]/gu;

/** One line of JSON that is safe to print: the characters that `escapeText` makes visible are `\uXXXX`. */
export function jsonText(value: unknown): string {
	return escapeJson(JSON.stringify(value));
}

function escapeJson(json: string): string {
	return json.replace(unsafe, (character) =>
		Array.from({length: character.length}, (_, unit) => {
			return `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`;
		}).join(''),
	);
}

/**
 * D-Bus values as JSON the way `busctl --json` writes them: a variant is `{type, data}`, a dictionary an object.
 * Integers that JSON readers would round, and numbers that JSON has not, are strings.
 */
export function jsonValue(value: Value): unknown {
	switch (typeof value) {
		case 'bigint':
			return BigInt.asIntN(53, value) === value ? Number(value) : String(value);
		case 'number':
			return Number.isFinite(value) ? value : String(value);
		case 'object':
			if (value instanceof Variant) return {type: value.signature, data: jsonValue(value.value)};
			if (value instanceof Map) {
				return Object.fromEntries([...value].map(([key, entry]) => [String(key), jsonValue(entry)]));
			}
			return Buffer.isBuffer(value) ? [...value] : value.map(jsonValue);
		default:
			return value;
	}
}
