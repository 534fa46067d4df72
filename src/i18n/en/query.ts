import type {QueryProblem, QueryProblems} from '../../dbus/query/error.js';

export type QueryTexts = {[P in QueryProblem]: (params: QueryProblems[P]) => string};

/** Filters and match rules that cannot be understood. */
export const query = {
	/** `marked` is the part that is wrong, `column` where it begins, from 1. */
	wrong: (problem: string, column: number, marked: string) =>
		marked === ''
			? `Filter, at character ${column}: ${problem}`
			: `Filter, at character ${column} ("${marked}"): ${problem}`,
	problems: {
		unclosed: ({what}) =>
			what === '(' ? 'this bracket is not closed' : `the quotation mark ${what} is not closed`,
		unexpected: ({what}) =>
			`"${what}" cannot stand here; to search for the word itself, put it in quotation marks`,
		missing: ({after}) => `something must follow "${after}"`,
		'unknown-key': ({key, known}) =>
			`there is no "${key}:"; there are ${known.join(', ')}. To search for the text, put it in quotation marks`,
		'bad-state': ({value, known}) => `no message can be "${value}"; there is ${known.join(', ')}`,
		'bad-type': ({value, known}) => `"${value}" is no type of message; there are ${known.join(', ')}`,
		'bad-duration': ({value}) => `"${value}" is no duration such as 20ms, 1.5s or 300us`,
		'unknown-saved': ({name}) => `no filter is saved as "${name}"`,
		'saved-loop': ({name}) => `the saved filter "${name}" leads back to itself`,
		'bad-rule': ({value}) => `${value} is no part of a match rule (key='value', each key once)`,
		'rule-key': ({key, known}) => `a match rule has no key "${key}"; there are ${known.join(', ')} …`,
		'too-long': ({most}) => `a filter may have ${most} characters at most`,
	} satisfies QueryTexts as QueryTexts,
};
