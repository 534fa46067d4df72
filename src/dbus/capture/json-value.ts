import {WireError} from '../wire/error.js';
import {type Value, Variant} from '../wire/reader.js';
import {completeTypes, maxTotalDepth, typeEnd} from '../wire/signature.js';

/** Values for `encodeMessage` from JSON as `bodyJson` writes it; the writer checks the basic ones. Throws WireError. */
export function valuesFromJson(signature: string, data: unknown): unknown[] {
	const types = completeTypes(signature);
	if (!Array.isArray(data) || data.length !== types.length) throw new WireError('body is no list of values');
	return types.map((type, index) => fromJson(type, data[index], 0));
}

function fromJson(type: string, data: unknown, depth: number): unknown {
	if (depth > maxTotalDepth) throw new WireError('values nested too deeply');
	switch (type[0]) {
		case 'x':
		case 't':
			return wholeNumber(data);
		case 'd':
			return typeof data === 'string' ? Number(data) : data;
		case 'v': {
			if (!isObject(data) || typeof data.type !== 'string') throw new WireError('value is no variant');
			if (data.type === '' || typeEnd(data.type, 0) !== data.type.length) {
				throw new WireError(`variant of type "${data.type}"`);
			}
			return new Variant(data.type, fromJson(data.type, data.data, depth + 1) as Value);
		}
		case 'a':
			return type[1] === '{' ? dictionary(type, data, depth) : list(type.slice(1), data, depth);
		case '(': {
			const types = completeTypes(type.slice(1, -1));
			if (!Array.isArray(data) || data.length !== types.length)
				throw new WireError('value is no such struct');
			return types.map((member, index) => fromJson(member, data[index], depth + 1));
		}
		default:
			return data;
	}
}

function list(element: string, data: unknown, depth: number): unknown[] {
	if (!Array.isArray(data)) throw new WireError('value is no array');
	// Bytes are many, and need no second look.
	return element === 'y' ? data : data.map((item) => fromJson(element, item, depth + 1));
}

/** `a{KV}`: JSON's keys are always text. */
function dictionary(type: string, data: unknown, depth: number): Map<unknown, unknown> {
	if (!isObject(data)) throw new WireError('value is no dictionary');
	const keyType = type[2] as string;
	const valueType = type.slice(3, -1);
	return new Map(
		Object.entries(data).map(([key, value]) => [
			keyType === 'b' ? key === 'true' : fromJson(keyType, key, depth + 1),
			fromJson(valueType, value, depth + 1),
		]),
	);
}

function wholeNumber(data: unknown): bigint {
	const isWhole =
		typeof data === 'string' ? /^-?\d{1,20}$/.test(data) : typeof data === 'number' && Number.isInteger(data);
	if (!isWhole) throw new WireError('value is no whole number');
	return BigInt(data as string | number);
}

function isObject(data: unknown): data is Record<string, unknown> {
	return typeof data === 'object' && data !== null && !Array.isArray(data);
}
