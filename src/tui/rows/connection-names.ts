import {escapeText} from '../../common/escape.js';
import {programName} from '../../common/program-name.js';
import type {ConnectionEntry} from '../selectors.js';
import {shortName, widthOf} from '../text.js';

/** The bus daemon owns its own name and has no number. */
export const daemonName = 'org.freedesktop.DBus';

/** Its unique name, at the right end of the row. */
export function numberOf({uniqueName}: ConnectionEntry): string {
	return uniqueName === daemonName ? '' : escapeText(uniqueName);
}

/** Columns beside the name: the mark of the chosen one, the sign of a frozen one, a space. */
const besideName = 5;

/** The program behind a connection, unescaped. */
export function programOf({peer}: ConnectionEntry): string | undefined {
	return peer?.comm === undefined ? undefined : programName(peer.comm, peer.command);
}

/** ` +2` for a connection with three names. */
export function otherNames({names}: ConnectionEntry): string {
	return names.length > 1 ? ` +${names.length - 1}` : '';
}

/**
 * What to call each connection in a row of `width` columns, by unique name. Names of one family (the same first
 * two parts) lose the same leading parts, so that the column can be read downwards.
 */
export function connectionNames(entries: readonly ConnectionEntry[], width: number): Map<string, string> {
	const room = (entry: ConnectionEntry) =>
		width - besideName - otherNames(entry).length - widthOf(numberOf(entry));
	const lost = new Map<string, number>();
	for (const entry of entries) {
		const [name] = entry.names;
		if (name === undefined) continue;
		const parts = partsOf(name) - partsOf(shortName(name, room(entry)));
		lost.set(family(name), Math.max(lost.get(family(name)) ?? 0, parts));
	}
	return new Map(
		entries.map((entry) => {
			const [name] = entry.names;
			const called =
				name === undefined
					? (programOf(entry) ?? entry.uniqueName)
					: name
							.split('.')
							.slice(Math.min(lost.get(family(name)) ?? 0, partsOf(name) - 1))
							.join('.');
			return [entry.uniqueName, shortName(called, room(entry))];
		}),
	);
}

const partsOf = (name: string): number => name.split('.').length;
const family = (name: string): string => name.split('.').slice(0, 2).join('.');
