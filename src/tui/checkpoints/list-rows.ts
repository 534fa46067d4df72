import {escapeText} from '../../common/escape.js';
import {messages} from '../../i18n/index.js';
import {fitRow, type Row, span} from '../spans.js';
import {formatAge, formatBytes, pad, shortName, widthOf} from '../text.js';
import type {Tone} from '../theme.js';
import {titleOf} from './entries.js';
import type {CheckpointEntry} from './feed.js';

interface Columns {
	service: number;
	state: number;
	/** 0: not shown. */
	next: number;
	age: number;
	size: number;
	where: number;
}

/** What is chosen and how it stands, each with a space behind it. */
const signWidth = 4;
const gap = 2;
/** Wide enough for a column with how the next thaw goes. */
const roomy = 100;

function columnsOf(width: number): Columns {
	const {header, states, nextShort} = messages().screen.checkpoints;
	const longest = (texts: readonly string[]) => Math.max(...texts.map(widthOf));
	const state = longest([...Object.values(states), header.state]);
	const next = width >= roomy ? longest([...Object.values(nextShort), header.next]) : 0;
	const age = Math.max(6, widthOf(header.age));
	const size = Math.max(6, widthOf(header.size));
	const fixed = signWidth + state + next + age + size + gap * (next > 0 ? 5 : 4);
	const rest = Math.max(width - fixed, 20);
	const where = Math.max(Math.floor(rest * 0.35), widthOf(header.where));
	return {service: rest - where, state, next, age, size, where};
}

/** What the columns of `entryRow` are. */
export function headerRow(width: number): Row {
	const {header} = messages().screen.checkpoints;
	const columns = columnsOf(width);
	const text = cells(columns, {
		service: header.service,
		state: header.state,
		next: header.next,
		age: header.age,
		size: header.size,
		where: header.where,
	}).join('  ');
	return fitRow([span(`    ${text}`, 'dim')], width);
}

/** `❄ Demo.Counter   frozen, held   as it was   12 min  3.2 MB  here` */
export function entryRow(entry: CheckpointEntry, now: number, width: number, isChosen: boolean): Row {
	const text = messages().screen.checkpoints;
	const {facts} = entry;
	const columns = columnsOf(width);
	const [sign, tone] = signOf(entry);
	const [service = '', state = '', ...rest] = cells(columns, {
		service: facts ? shortName(facts.names[0] ?? facts.comm, columns.service) : titleOf(entry),
		state: text.states[facts?.movedTo === undefined ? entry.standing : 'moved'],
		next: text.nextShort[entry.next.mode],
		age: facts ? formatAge(now - facts.frozenAt) : '',
		size: facts ? formatBytes(facts.imageBytes) : '',
		where: facts ? whereOf(facts) : '',
	});
	const row = [
		span(isChosen ? '▸ ' : '  ', 'accent'),
		span(`${sign} `, tone),
		span(service),
		span(`  ${state}`, tone),
		span(`  ${rest.join('  ')}`),
	];
	return fitRow(row, width, isChosen ? 'selected' : undefined);
}

function cells(columns: Columns, text: Record<keyof Columns, string>): string[] {
	return [
		pad(text.service, columns.service),
		pad(text.state, columns.state),
		...(columns.next > 0 ? [pad(text.next, columns.next)] : []),
		pad(text.age, columns.age, 'right'),
		pad(text.size, columns.size, 'right'),
		pad(text.where, columns.where),
	];
}

/** Another machine is what matters most, then another bus. */
function whereOf({movedTo, hostname, isHere, bus}: NonNullable<CheckpointEntry['facts']>): string {
	const text = messages().screen.checkpoints;
	if (movedTo !== undefined) return `→ ${escapeText(movedTo)}`;
	if (!isHere) return escapeText(hostname);
	return bus.relation === 'other' ? text.otherBus : text.here;
}

export function signOf({standing, next, facts}: CheckpointEntry): readonly [string, Tone] {
	if (standing === 'unreadable' || standing === 'lost') return ['✖', 'bad'];
	if (facts?.movedTo !== undefined) return ['→', 'dim'];
	if (standing === 'thawed') return ['✔', 'good'];
	if (next.mode === 'held') return ['❄', 'ice'];
	if (next.mode === 'reconnected') return ['❄', 'warn'];
	return standing === 'keeper-gone' ? ['❄', 'bad'] : ['·', 'dim'];
}
