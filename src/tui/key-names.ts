import type {Key} from 'ink';

const special: ReadonlyArray<readonly [keyof Key, string]> = [
	['upArrow', '↑'],
	['downArrow', '↓'],
	['leftArrow', '←'],
	['rightArrow', '→'],
	['pageUp', 'PgUp'],
	['pageDown', 'PgDn'],
	['home', 'Home'],
	['end', 'End'],
	['return', 'enter'],
	['escape', 'esc'],
	['backspace', 'backspace'],
	// Most terminals send DEL for the backspace key.
	['delete', 'backspace'],
];

/**
 * The names of the key table for one input event of Ink. Keys typed faster than they are read arrive as one
 * string: then there are several.
 */
export function keyNames(input: string, key: Key): string[] {
	if (key.tab) return [key.shift ? 'shift-tab' : 'tab'];
	for (const [flag, name] of special) if (key[flag]) return [name];
	if (key.ctrl) return input ? [`ctrl-${input}`] : [];
	if (key.meta) return [];
	return Array.from(input, characterName).filter((name) => name !== undefined);
}

/** Within a string of several keys, control characters come as they are. */
function characterName(character: string): string | undefined {
	const code = character.codePointAt(0) ?? 0;
	if (character === ' ') return 'space';
	if (character === '\r') return 'enter';
	if (character === '\t') return 'tab';
	if (code === 0x7f || code === 8) return 'backspace';
	if (code >= 1 && code <= 26) return `ctrl-${String.fromCharCode(code + 96)}`;
	return code < 32 ? undefined : character;
}
