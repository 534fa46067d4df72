import type {FaultData} from '../../common/fault.js';
import {faultSentences} from '../fault-text.js';
import {type Row, span} from '../spans.js';
import {wrap} from '../text.js';
import type {Tone} from '../theme.js';

/** Text in rows of at most `width` columns; it is escaped already. */
export function paragraph(text: string, width: number, tone?: Tone): Row[] {
	return wrap(text, width).map((line): Row => [span(line, tone)]);
}

/** What happened, in what state the process is, what to do. */
export function faultRows(fault: FaultData, width: number): Row[] {
	const {message, state, hint} = faultSentences(fault);
	return [...paragraph(message, width, 'bad'), ...paragraph(state, width), [], ...paragraph(hint, width)];
}
