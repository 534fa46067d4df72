import {escapeText} from '../../common/escape.js';
import {messages} from '../../i18n/index.js';
import {faultSentences} from '../fault-text.js';
import {faultRows, paragraph} from '../rows/paragraphs.js';
import type {Question} from '../rows/question-rows.js';
import {type Row, span} from '../spans.js';
import type {ThawQuestion} from '../state/modals.js';
import type {ScreenState} from '../state/state.js';
import {titleOf} from './entries.js';
import type {CheckpointEntry} from './feed.js';
import {objectionsTo, openObjection} from './in-spite.js';
import {inSpiteQuestion, takenRow} from './in-spite-question.js';

/** What is asked before a thaw, wherever it was asked for. */
export function thawQuestion(question: ThawQuestion, state: ScreenState, width: number): Question {
	const text = messages().screen.thaw;
	const {label, mode, reconnect, bus, fault, checkpoint} = question;
	const objections = objectionsTo(question, state);
	const open = openObjection(question, state);
	if (open) return inSpiteQuestion(question, objections, open, width);
	const {title: titled} = objections.length > 0 ? messages().screen.inSpite : text;
	const title = titled(escapeText(label));
	const isTaken = objections.some(({code}) => code === fault?.code);
	if (fault && !isTaken) return {title, rows: faultRows(fault, width), ask: text.askAgain};
	const how = mode === 'held' && reconnect ? 'new-asked' : mode;
	return {
		title,
		rows: [
			...objections.map(takenRow),
			...(objections.length > 0 ? [[]] : []),
			...paragraph(text.body[how], width),
			...(mode === 'held' ? [[], choiceRow(reconnect)] : []),
			...(bus === undefined ? [] : [[], ...paragraph(text.otherBus(escapeText(bus)), width, 'warn')]),
			...foreseen(question, state, width),
			[],
			...paragraph(escapeText(checkpoint), width, 'dim'),
		],
		ask: mode === 'held' ? text.ask : text.askPlain,
	};
}

function choiceRow(reconnect: boolean): Row {
	const {choice, choices} = messages().screen.thaw;
	return [
		span(choice, 'strong'),
		...(['held', 'new'] as const).map((one) => {
			const isChosen = (one === 'new') === reconnect;
			return span(`  ${isChosen ? '◉' : '○'} ${choices[one]}`, isChosen ? 'accent' : 'dim');
		}),
	];
}

/** What else the checks have said of it, if they were asked. */
function foreseen(question: ThawQuestion, state: ScreenState, width: number): Row[] {
	const {list = [], look} = state.checkpoints;
	const {checkpoint} = question;
	const name = list.find((entry) => entry.checkpoint === checkpoint)?.name;
	const faults = look && look.name === name ? (look.found?.faults ?? []) : [];
	const told = objectionsTo(question, state).map(({code}): string => code);
	const others = faults.filter(({code}) => !told.includes(code));
	return others.flatMap((fault) => [[], ...paragraph(faultSentences(fault).message, width, 'warn')]);
}

/** What is asked before one is deleted: what is given up by that. */
export function removeQuestion(entry: CheckpointEntry, width: number): Question {
	const text = messages().screen.checkpoints.remove;
	const [sentence, tone] = givenUp(entry);
	return {
		title: text.title(titleOf(entry)),
		rows: [
			...paragraph(sentence, width, tone),
			[],
			...paragraph(text.folder(escapeText(entry.checkpoint)), width, 'dim'),
		],
		ask: text.ask,
	};
}

function givenUp({standing, facts}: CheckpointEntry): readonly [string, 'bad' | 'warn' | 'plain'] {
	const text = messages().screen.checkpoints.remove;
	if (!facts || standing === 'unreadable') return [text.unreadable, 'warn'];
	if (facts.movedTo !== undefined) return [text.moved(escapeText(facts.movedTo)), 'plain'];
	switch (standing) {
		case 'frozen':
		case 'freezing':
		case 'thawing':
		case 'connection-gone':
		case 'keeper-gone':
		case 'given-up': {
			if (facts.copies.length > 0) return [text.copied(escapeText(facts.copies.join(', '))), 'bad'];
			return [standing === 'keeper-gone' || standing === 'given-up' ? text.alone : text.held, 'bad'];
		}
		default:
			return [text.over, 'plain'];
	}
}
