import {escapeText} from '../../common/escape.js';
import {messages} from '../../i18n/index.js';
import {paragraph} from '../rows/paragraphs.js';
import type {Question} from '../rows/question-rows.js';
import {type Row, span} from '../spans.js';
import type {FormModal} from '../state/modals.js';
import {cutStart, pad, widthOf} from '../text.js';
import {titleOf} from './entries.js';

/** Which lines of the forms are not shown. */
const hidden: Record<FormModal['form'], readonly number[]> = {pack: [1, 2], send: []};

/** The lines to be typed before a checkpoint is packed or sent. */
export function formQuestion(modal: FormModal, width: number): Question {
	const {form, entry, problem} = modal;
	const text = messages().screen.checkpoints[form];
	return {
		title: text.title(titleOf(entry)),
		rows: [
			...paragraph(text.body, width, 'dim'),
			[],
			...lines(modal, text.fields, width),
			...(problem === undefined ? [] : [[], ...paragraph(problem, width, 'bad')]),
		],
		ask: text.ask,
	};
}

function lines({form, values, at}: FormModal, labels: readonly string[], width: number): Row[] {
	const indent = Math.max(...labels.map(widthOf)) + 4;
	return labels.map((label, i) => {
		const value = values[i] ?? '';
		const shown = hidden[form].includes(i) ? '•'.repeat(Array.from(value).length) : escapeText(value);
		const isTyped = i === at;
		return [
			span(isTyped ? '▸ ' : '  ', 'accent'),
			span(pad(label, indent - 2), isTyped ? 'strong' : 'dim'),
			// The end of a long path is what is being typed.
			span(cutStart(shown, width - indent - 1)),
			span(isTyped ? '▏' : '', 'accent'),
		];
	});
}

/** Why it cannot be done with what was typed, and where to type something else; undefined: it can be tried. */
export function formProblem({
	form,
	values,
}: FormModal): (Pick<FormModal, 'at' | 'values'> & {problem: string}) | undefined {
	const {cli, screen} = messages();
	const [first = '', second = '', third = ''] = values;
	if (first.trim() === '') {
		const problem = form === 'send' ? screen.checkpoints.send.noHost : screen.checkpoints.pack.noFile;
		return {at: 0, values, problem};
	}
	if (form === 'send' || second === third) return undefined;
	// Nobody sees which of the two is wrong.
	return {at: 1, values: [first, '', ''], problem: cli.move.different};
}
