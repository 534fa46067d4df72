/** Control, format (bidi, zero-width, BOM), lone-surrogate and line-separator characters: what can fool a terminal. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const named: Record<string, string> = {'\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e'};

/**
 * Makes text from the bus or from a process safe to print on one terminal line: control, bidi and invisible
 * characters become visible escapes (`\n`, `\e`, `\u{202e}`). Everything else, Chinese included, stays.
 */
export function escapeText(text: string): string {
	return text.replace(unsafe, (c) => named[c] ?? `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}
