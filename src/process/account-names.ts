import {readText} from './read.js';

/** Names of users and groups by their numbers in decimal. */
export interface AccountNames {
	users: Record<string, string>;
	groups: Record<string, string>;
}

/**
 * What this machine's own lists (/etc/passwd, /etc/group) call these numbers; those they do not have are left out.
 */
export function accountNames(uids: Iterable<number>, gids: Iterable<number>): AccountNames {
	return {users: named('/etc/passwd', uids), groups: named('/etc/group', gids)};
}

/** Lines of both files begin `name:password:number`. The first of a number counts. */
function named(file: string, numbers: Iterable<number>): Record<string, string> {
	const known = new Map<string, string>();
	for (const line of (readText(file) ?? '').split('\n')) {
		const [name, , number] = line.split(':');
		if (name && number && !known.has(number)) known.set(number, name);
	}
	const found: Record<string, string> = {};
	for (const number of new Set(numbers)) {
		const name = known.get(String(number));
		if (name !== undefined) found[number] = name;
	}
	return found;
}
