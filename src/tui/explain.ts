import {escapeText} from '../common/escape.js';
import type {Difference} from '../context/model.js';
import type {Warning} from '../session/events.js';

type Params = Record<string, string | number>;

/** The sentence behind a key, with its facts; until a catalogue knows the key, the key itself. */
function sentence(key: string, params: Params | undefined): string {
	const facts = Object.entries(params ?? {}).map(([name, value]) => `${name} ${value}`);
	return escapeText(key.replaceAll('-', ' ') + (facts.length > 0 ? ` (${facts.join(', ')})` : ''));
}

/** Why two snapshots differ here. */
export function reasonOf(difference: Difference): string {
	return sentence(difference.reason, difference.params);
}

export function warningText({warning, params}: Warning): string {
	return sentence(warning, params);
}

/** A value of a snapshot on one line. */
export function valueText(value: unknown, nothing: string): string {
	if (value === undefined || value === null) return nothing;
	return escapeText(typeof value === 'string' ? value : JSON.stringify(value));
}
