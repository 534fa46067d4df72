import {escapeText} from '../common/escape.js';
import {Fault, type FaultData} from '../common/fault.js';
import {messages} from '../i18n/index.js';
import {stateText} from '../i18n/state-text.js';

/** Any failure as data, so that it can be shown; what is no `Fault` is a defect of ours. */
export function faultOf(error: unknown): FaultData {
	if (error instanceof Fault) return error.toJSON();
	const detail = error instanceof Error ? error.message : String(error);
	return {code: 'internal', params: {detail}, processState: 'untouched'};
}

/** What happened, at which stage, in what state the process is, what to do: each safe to print. */
export function faultSentences(fault: FaultData): {message: string; state: string; hint: string} {
	const {texts, atStage} = messages().faults;
	// The code and its parameters belong together; the compiler cannot see that through the union.
	const text = (texts[fault.code] as (params: unknown) => {message: string; hint: string})(fault.params);
	const stage = fault.stage === undefined ? '' : `${atStage(fault.stage)} · `;
	return {
		message: escapeText(text.message),
		state: escapeText(stage + stateText(fault)),
		hint: escapeText(text.hint),
	};
}
