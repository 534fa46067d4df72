/** What can be wrong with a filter, and the words of its text that the sentence needs. */
export interface QueryProblems {
	/** `what` is not closed: a quotation mark or a bracket. */
	unclosed: {what: string};
	/** A bracket that closes nothing, or an operator with nothing to work on. */
	unexpected: {what: string};
	/** Something must follow `after`; nothing does. */
	missing: {after: string};
	'unknown-key': {key: string; known: readonly string[]};
	'bad-state': {value: string; known: readonly string[]};
	'bad-type': {value: string; known: readonly string[]};
	'bad-duration': {value: string};
	'unknown-saved': {name: string};
	/** Saved filters that name each other. */
	'saved-loop': {name: string};
	/** A match rule that the D-Bus specification does not allow. */
	'bad-rule': {value: string};
	'rule-key': {key: string; known: readonly string[]};
	'too-long': {most: number};
}

export type QueryProblem = keyof QueryProblems;

/** A filter that cannot be understood: what is wrong with `text[at, at + length)`. */
export class QueryError<P extends QueryProblem = QueryProblem> extends Error {
	override name = 'QueryError';

	constructor(
		readonly code: P,
		readonly params: QueryProblems[P],
		/** In UTF-16 units, as `String` counts. */
		readonly at: number,
		readonly length: number,
	) {
		super(`${code} at ${at}: ${JSON.stringify(params)}`);
	}
}
