import {escapeText} from '../../common/escape.js';
import {messages} from '../../i18n/index.js';
import {faultSentences} from '../fault-text.js';
import {paragraph} from '../rows/paragraphs.js';
import type {Question} from '../rows/question-rows.js';
import {type Row, span} from '../spans.js';
import type {ThawQuestion} from '../state/modals.js';
import type {Objection} from './in-spite.js';

const indent = 2;

/** One risk at a time is told of in full and asked about; those that were taken, and those to come, in a line. */
export function inSpiteQuestion(
	{label, checkpoint, accepted = []}: ThawQuestion,
	objections: readonly Objection[],
	open: Objection,
	width: number,
): Question {
	const {title, ask} = messages().screen.inSpite;
	return {
		title: title(escapeText(label)),
		rows: [
			...objections.flatMap((objection) => {
				if (objection.code === open.code) return openRows(open, width);
				return [accepted.includes(objection.code) ? takenRow(objection) : laterRow(objection)];
			}),
			[],
			...paragraph(escapeText(checkpoint), width, 'dim'),
		],
		ask,
	};
}

/** A risk that the operator has taken. */
export function takenRow({code}: Objection): Row {
	return [span('✔ ', 'warn'), span(messages().screen.inSpite.risks[code].what, 'warn')];
}

function laterRow({code}: Objection): Row {
	return [span('○ ', 'dim'), span(messages().screen.inSpite.risks[code].what, 'dim')];
}

/** What is the case, and what may come of it. */
function openRows(objection: Objection, width: number): Row[] {
	const {what, risk} = messages().screen.inSpite.risks[objection.code];
	const room = width - indent;
	const body = [
		...paragraph(faultSentences(objection).message, room),
		[],
		...paragraph(risk, room, 'warn'),
	].map((row): Row => (row.length === 0 ? row : [span(' '.repeat(indent)), ...row]));
	return [[span('▸ ', 'accent'), span(what, 'strong')], ...body];
}
