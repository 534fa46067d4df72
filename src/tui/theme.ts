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

export interface Style {
	color?: string;
	backgroundColor?: string;
	bold?: boolean;
	dimColor?: boolean;
	inverse?: boolean;
}

/** Only the sixteen named colours: they follow the user's own palette, light or dark. */
const coloured: Record<Tone, Style> = {
	plain: {},
	dim: {dimColor: true},
	strong: {bold: true},
	accent: {color: 'cyan'},
	good: {color: 'green'},
	warn: {color: 'yellow'},
	bad: {color: 'red', bold: true},
	ice: {color: 'cyanBright', bold: true},
	call: {color: 'blueBright'},
	signal: {color: 'magenta'},
	selected: {inverse: true},
	'selected-idle': {bold: true},
};

/** Without colour, weight and inversion still say what is chosen and what is wrong. */
const plain: Record<Tone, Style> = {
	plain: {},
	dim: {},
	strong: {bold: true},
	accent: {},
	good: {},
	warn: {bold: true},
	bad: {bold: true},
	ice: {bold: true},
	call: {},
	signal: {},
	selected: {inverse: true},
	'selected-idle': {bold: true},
};

export function styleOf(tone: Tone, colour: boolean): Style {
	return (colour ? coloured : plain)[tone];
}

/** https://no-color.org: any non-empty value turns colours off. */
export function wantsColour(env: NodeJS.ProcessEnv): boolean {
	return !env.NO_COLOR && env.TERM !== 'dumb';
}

export const ColourContext = createContext(true);
