/** A test on one text; case does not matter. */
export type Pattern = (text: string) => boolean;

/**
 * A name: equal, or the last dotted parts of it (`Counter` finds `org.example.Counter`). Unquoted, `*` and `?`
 * are wildcards for the whole name.
 */
export function namePattern(value: string, quoted: boolean): Pattern {
	if (!quoted && hasWildcard(value)) return wildcard(value);
	const wanted = value.toLowerCase();
	return (text) => {
		const lower = text.toLowerCase();
		return lower === wanted || lower.endsWith(`.${wanted}`);
	};
}

/** An object path and all below it; with wildcards, the whole path. */
export function pathPattern(value: string, quoted: boolean): Pattern {
	if (!quoted && hasWildcard(value)) return wildcard(value);
	const wanted = value.toLowerCase().replace(/\/+$/, '');
	return (text) => {
		const lower = text.toLowerCase();
		return lower === wanted || lower.startsWith(`${wanted}/`);
	};
}

function hasWildcard(value: string): boolean {
	return /[*?]/.test(value);
}

/**
 * Not a regular expression: many `.*` in one can take for ever, and this is tried on every message. A star
 * that fails is only ever retried one character further, so the time is at most length × length.
 */
function wildcard(value: string): Pattern {
	const pattern = value.toLowerCase();
	return (text) => fits(pattern, text.toLowerCase());
}

function fits(pattern: string, text: string): boolean {
	let at = 0;
	let p = 0;
	let star = -1;
	let starAt = 0;
	while (at < text.length) {
		if (pattern[p] === '*') {
			star = p++;
			starAt = at;
		} else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[at])) {
			p++;
			at++;
		} else if (star >= 0) {
			p = star + 1;
			at = ++starAt;
		} else {
			return false;
		}
	}
	while (pattern[p] === '*') p++;
	return p === pattern.length;
}
