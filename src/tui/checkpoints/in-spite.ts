import type {FaultCode, FaultData} from '../../common/fault.js';
import {faultSentences} from '../fault-text.js';
import type {ThawChoices} from '../port.js';
import type {ThawQuestion} from '../state/modals.js';
import type {ScreenState} from '../state/state.js';
import type {NextThaw} from './feed.js';

/**
 * In spite of what an operator may have a thaw, in the order in which it is asked, and what the thaw is told then. What
 * it means is said by `screen.inSpite.risks` of the catalogue.
 */
const choices = {
	moved: {force: true},
	'copy-lives': {force: true},
	'unit-active': {stopUnit: true},
	'cpu-lacks': {otherCpu: true},
	'pid-taken': {pidNamespace: true},
} as const satisfies Partial<Record<FaultCode, ThawChoices>>;

type ObjectionCode = keyof typeof choices;
export type Objection = FaultData<ObjectionCode>;

const codes = Object.keys(choices) as ObjectionCode[];

/** Whether the operator may insist. */
export function isObjection(fault: FaultData): fault is Objection {
	return codes.some((code) => code === fault.code);
}

/** Why it cannot be thawed, whatever the operator says; undefined: it can. */
export function whyNever(next: NextThaw): string | undefined {
	return next.mode === 'impossible' && !next.inSpite ? faultSentences(next.fault).message : undefined;
}

/** What speaks against the thaw that is asked about and may be overruled, as far as it is known now. */
export function objectionsTo(question: ThawQuestion, {checkpoints}: ScreenState): Objection[] {
	const {list = [], look} = checkpoints;
	// Outside the window of checkpoints nobody keeps the checks up to date.
	const entry = question.from && list.find(({checkpoint}) => checkpoint === question.checkpoint);
	const known = [
		...(entry?.next.mode === 'impossible' ? [entry.next.fault] : []),
		...(entry && look?.name === entry.name ? (look.found?.faults ?? []) : []),
		...(question.fault ? [question.fault] : []),
	].filter(isObjection);
	return codes.flatMap((code) => known.find((fault) => fault.code === code) ?? []);
}

/** The first one whose risk the operator has not taken yet. */
export function openObjection(question: ThawQuestion, state: ScreenState): Objection | undefined {
	return objectionsTo(question, state).find(({code}) => !question.accepted?.includes(code));
}

/** What the thaw is told: the connection, and every risk that was taken and is still one. */
export function choicesOf(question: ThawQuestion, state: ScreenState): ThawChoices {
	const accepted = objectionsTo(question, state).filter(({code}) => question.accepted?.includes(code));
	return Object.assign({reconnect: question.reconnect}, ...accepted.map(({code}) => choices[code]));
}
