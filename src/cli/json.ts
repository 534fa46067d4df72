import {safeJson} from '../dbus/wire/json.js';

/** One line of JSON that is safe to print. */
export function jsonText(value: unknown): string {
	return safeJson(JSON.stringify(value));
}
