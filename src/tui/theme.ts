import {inspect} from 'node:util';
import {createContext} from 'react';

/** What a piece of text means; the colours follow from that, never the other way round. */
export type Tone =
	| 'plain'
	| 'dim'
	| 'strong'
	| 'accent'
	| 'good'
	| 'warn'
	| 'bad'
	| 'ice'
	| 'call'
	| 'signal'
	| 'selected'
	| 'selected-idle';

/** SGR attributes, as `util.inspect.colors` calls them. Only named colours: they follow the user's own palette. */
const coloured: Record<Tone, readonly string[]> = {
	plain: [],
	dim: ['dim'],
	strong: ['bold'],
	accent: ['cyan'],
	good: ['green'],
	warn: ['yellow'],
	bad: ['red', 'bold'],
	ice: ['cyanBright', 'bold'],
	call: ['blueBright'],
	signal: ['magenta'],
	selected: ['inverse'],
	'selected-idle': ['bold'],
};

/** Without colour, weight and inversion still say what is chosen and what is wrong. */
const plain: Record<Tone, readonly string[]> = {
	plain: [],
	dim: [],
	strong: ['bold'],
	accent: [],
	good: [],
	warn: ['bold'],
	bad: ['bold'],
	ice: ['bold'],
	call: [],
	signal: [],
	selected: ['inverse'],
	'selected-idle': ['bold'],
};

type Codes = Record<Tone, {on: string; off: string}>;

const codes: Record<'coloured' | 'plain', Codes> = {coloured: codesOf(coloured), plain: codesOf(plain)};

function codesOf(attributes: typeof coloured): Codes {
	const sgr = (name: string, end: 0 | 1): string => `\u001b[${inspect.colors[name]?.[end]}m`;
	const entries = Object.entries(attributes).map(([tone, names]) => [
		tone,
		{
			on: names.map((name) => sgr(name, 0)).join(''),
			off: names.map((name) => sgr(name, 1)).join(''),
		},
	]);
	return Object.fromEntries(entries) as Codes;
}

/** The text as a terminal shows it in that tone. */
export function styled(text: string, tone: Tone = 'plain', colour = true): string {
	const {on, off} = codes[colour ? 'coloured' : 'plain'][tone];
	return on === '' || text === '' ? text : `${on}${text}${off}`;
}

/** https://no-color.org: any non-empty value turns colours off. */
export function wantsColour(env: NodeJS.ProcessEnv): boolean {
	return !env.NO_COLOR && env.TERM !== 'dumb';
}

export const ColourContext = createContext(true);
