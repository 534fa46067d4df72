import {escapeText} from '../../common/escape.js';
import {messages} from '../../i18n/index.js';
import {formQuestion} from '../checkpoints/form.js';
import {removeQuestion, thawQuestion} from '../checkpoints/questions.js';
import type {Port} from '../port.js';
import {frozenServices, sessionUnderWay} from '../selectors.js';
import {type Row, span} from '../spans.js';
import type {Modal} from '../state/modals.js';
import type {ScreenState} from '../state/state.js';
import {wrap} from '../text.js';
import type {Tone} from '../theme.js';
import {choiceRow, policyQuestion} from '../waiting/policy-question.js';
import {faultRows, paragraph} from './paragraphs.js';

export interface Question {
	title: string;
	rows: Row[];
	/** What the keys do; stays in view however long the rest is. */
	ask: string;
}

/** `• ` before the first line, the rest indented. */
function bullets(items: readonly string[], width: number, tone?: Tone): Row[] {
	return items.flatMap((item) =>
		wrap(escapeText(item), width - 4).map(
			(line, i): Row => [span(i === 0 ? '  • ' : '    ', tone), span(line, tone)],
		),
	);
}

/** The question that is being asked, in rows of at most `width` columns. */
export function questionOf(state: ScreenState, port: Port, width: number): Question | undefined {
	const {modal} = state;
	const text = messages().screen;
	switch (modal?.kind) {
		case 'freeze':
			return {title: text.freeze.title(escapeText(modal.label)), ...freezeRows(modal, width)};
		case 'policy':
			return policyQuestion(modal, state, width);
		case 'thaw':
			return thawQuestion(modal, state, width);
		case 'remove':
			return removeQuestion(modal.entry, width);
		case 'repair':
			return {
				title: text.checkpoints.repair.title,
				rows: paragraph(text.checkpoints.repair.body, width),
				ask: text.checkpoints.repair.ask,
			};
		case 'form':
			return formQuestion(modal, width);
		case 'abort':
			return {
				title: text.abort.title(escapeText(modal.stage)),
				rows: paragraph(text.abort[modal.operation], width),
				ask: text.abort.ask,
			};
		case 'quit':
			return {title: text.quit.title, rows: quitRows(state, port, width), ask: text.quit.ask};
		default:
			return undefined;
	}
}

function freezeRows(modal: Extract<Modal, {kind: 'freeze'}>, width: number): Omit<Question, 'title'> {
	const text = messages().screen.freeze;
	const {report, fault} = modal;
	if (fault) return {rows: faultRows(fault, width), ask: text.askBlocked};
	if (!report) return {rows: [[span(text.checking, 'dim')]], ask: text.askBlocked};
	const {target, blockers, warnings, held} = report;
	const section = (title: string, items: readonly string[], tone: Tone): Row[] =>
		items.length === 0
			? []
			: [[span(title, tone)], ...bullets(items, width, tone === 'strong' ? undefined : tone), []];
	return {
		rows: [
			...paragraph(
				text.target(target.pid, escapeText(target.comm), target.processes, target.threads),
				width,
				'dim',
			),
			[],
			...section(text.blockers, blockers, 'bad'),
			...section(text.warnings, warnings, 'warn'),
			...section(text.held, held, 'strong'),
			...(blockers.length > 0 ? [] : [choiceRow(modal.policy), [], ...paragraph(text.stops, width, 'dim')]),
		],
		ask: blockers.length > 0 ? text.askBlocked : text.ask,
	};
}

function quitRows(state: ScreenState, port: Port, width: number): Row[] {
	const text = messages().screen.quit;
	const rows: Row[] = [];
	const busy = sessionUnderWay(state);
	if (busy) {
		const name = escapeText(busy.session.names[0] ?? busy.session.comm);
		const sentence = busy.session.phase === 'thawing' ? text.thawing(name) : text.freezing(name);
		rows.push(...paragraph(sentence, width, 'warn'), []);
	}
	const {job} = state.checkpoints;
	if (job) {
		const sentence = messages().screen.checkpoints.job.quit[job.kind](escapeText(job.title));
		rows.push(...paragraph(sentence, width, 'warn'), []);
	}
	const frozen = frozenServices(state);
	if (port.endsWithScreen) {
		rows.push(...paragraph(text.ends, width, 'warn'));
		for (const {names, uniqueName} of frozen)
			rows.push([span(`  ❄ ${escapeText(names[0] ?? uniqueName)}`, 'ice')]);
		return rows;
	}
	if (frozen.length > 0) rows.push(...paragraph(text.frozen, width));
	for (const {names, uniqueName, checkpoint} of frozen) {
		rows.push([span(`  ❄ ${escapeText(names[0] ?? uniqueName)}`, 'ice')]);
		const command = text.command(escapeText(port.thawCommand(checkpoint)));
		rows.push(...wrap(command, width - 4).map((line): Row => [span(`    ${line}`)]));
	}
	return rows;
}
