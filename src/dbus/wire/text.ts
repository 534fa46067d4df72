import {escapeText} from '../../common/escape.js';
import {Cut, type Value, Variant} from './reader.js';

export interface TextLimits {
	/** Characters of one string, and elements of one array, that are shown before it is cut. */
	characters: number;
	elements: number;
	/** Characters of the whole text. */
	total: number;
}

const defaultLimits: TextLimits = {characters: 4096, elements: 256, total: 64 * 1024};

/**
 * Values as compact text, e.g. `"name", [1, 2], {"Level": <0.5>}`. Safe to print: strings are escaped here.
 * Whatever is cut is followed by its true size: `"aaa…" (70000 chars)`, `[1, 2, … 998 more]`.
 */
export function bodyText(values: readonly Value[], limits: Partial<TextLimits> = {}): string {
	const printer = new Printer({...defaultLimits, ...limits});
	printer.list(values);
	return printer.text;
}

class Printer {
	text = '';
	readonly #limits: TextLimits;

	constructor(limits: TextLimits) {
		this.#limits = limits;
	}

	/** Returns how many were printed; stops where the whole text is long enough. */
	list(values: Iterable<Value>, most = Number.POSITIVE_INFINITY): number {
		let count = 0;
		for (const value of values) {
			if (count === most || this.text.length > this.#limits.total) break;
			if (count > 0) this.text += ', ';
			this.#value(value);
			count++;
		}
		return count;
	}

	#value(value: Value): void {
		if (value instanceof Cut) this.#cut(value);
		else if (typeof value === 'string') this.#string(value);
		else if (value instanceof Variant) {
			this.text += '<';
			this.#value(value.value);
			this.text += '>';
		} else if (Buffer.isBuffer(value)) this.#bytes(value);
		else if (Array.isArray(value)) this.#array(value);
		else if (value instanceof Map) this.#dict(value);
		else this.text += String(value);
	}

	#cut({shown, bytes, count}: Cut): void {
		if (typeof shown === 'string') this.#string(shown, bytes);
		else if (Buffer.isBuffer(shown)) this.#bytes(shown, bytes);
		else if (Array.isArray(shown)) this.#array(shown, count, bytes);
		else this.#dict(shown, bytes);
	}

	/** `bytes`: of the whole string, when it was cut before. */
	#string(value: string, bytes?: number): void {
		const shown = value.slice(0, this.#limits.characters);
		const quoted = escapeText(shown).replaceAll('"', '\\"');
		if (bytes !== undefined) this.text += `"${quoted}…" (${bytes} bytes)`;
		else if (shown.length < value.length) this.text += `"${quoted}…" (${value.length} chars)`;
		else this.text += `"${quoted}"`;
	}

	#bytes(value: Buffer, bytes = value.length): void {
		const shown = value.subarray(0, this.#limits.elements);
		const rest = bytes - shown.length;
		this.text += `bytes ${shown.toString('hex')}${rest > 0 ? `… (${bytes} bytes)` : ''}`;
	}

	/** `bytes` of the whole array, when it was cut before; `count` its elements, if that is known then. */
	#array(value: Value[], count?: number, bytes?: number): void {
		this.text += '[';
		this.#more(this.list(value, this.#limits.elements), count ?? value.length, count ? undefined : bytes);
		this.text += ']';
	}

	#dict(value: Map<Value, Value>, bytes?: number): void {
		this.text += '{';
		let count = 0;
		for (const [key, entry] of value) {
			if (count === this.#limits.elements || this.text.length > this.#limits.total) break;
			if (count > 0) this.text += ', ';
			this.#value(key);
			this.text += ': ';
			this.#value(entry);
			count++;
		}
		this.#more(count, value.size, bytes);
		this.text += '}';
	}

	#more(shown: number, size: number, bytes?: number): void {
		if (bytes !== undefined) this.text += `, … (${bytes} bytes)`;
		else if (shown < size) this.text += `, … ${size - shown} more`;
	}
}
