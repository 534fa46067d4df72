import {escapeText} from '../../common/escape.js';
import type {Policy} from '../../dbus/held/connection.js';
import {messages} from '../../i18n/index.js';
import {faultRows, paragraph} from '../rows/paragraphs.js';
import type {Question} from '../rows/question-rows.js';
import {type Row, span} from '../spans.js';
import type {Modal} from '../state/modals.js';
import type {ScreenState} from '../state/state.js';
import {formatCount} from '../text.js';

const policies: readonly Policy[] = ['queue', 'refuse'];

export const otherPolicy = (policy: Policy): Policy => (policy === 'queue' ? 'refuse' : 'queue');

/** What is asked before calls to a frozen service are treated in another way. */
export function policyQuestion(
	modal: Extract<Modal, {kind: 'policy'}>,
	state: ScreenState,
	width: number,
): Question {
	const text = messages().screen.policy;
	const {to, fault, checkpoint, label} = modal;
	const title = text.title[to](escapeText(label));
	if (fault) return {title, rows: faultRows(fault, width), ask: text.askAgain};
	const count = state.sessions[checkpoint]?.session.waiting?.messages ?? 0;
	return {
		title,
		rows: [
			...paragraph(text.body[to], width),
			...(to === 'refuse' && count > 0
				? [[], ...paragraph(text.waiting(formatCount(count)), width, 'warn')]
				: []),
		],
		ask: text.ask[to],
	};
}

/** The choice in the question before a freeze. */
export function choiceRow(chosen: Policy): Row {
	const {whileFrozen, choices} = messages().screen.policy;
	return [
		span(whileFrozen, 'strong'),
		...policies.map((policy) =>
			span(`  ${policy === chosen ? '◉' : '○'} ${choices[policy]}`, policy === chosen ? 'accent' : 'dim'),
		),
	];
}
