import {escapeText} from '../../common/escape.js';
import type {Frame, Snapshot, ThreadSnapshot} from '../../context/model.js';
import {messages} from '../../i18n/index.js';
import {momentText} from '../../i18n/reason.js';
import {type Row, span} from '../spans.js';
import type {Comparison} from '../state/state.js';
import {pad} from '../text.js';
import {keyed, markAt, processPairs} from './pairs.js';
import type {Block} from './sections.js';

/** Every thread with its backtraces side by side: the two moments, and the image between them. */
export function threadBlocks(comparison: Comparison, width: number): Block[] {
	const {left, middle, right, differences} = comparison;
	const columns = [left, middle, right].filter((one) => one !== undefined);
	const blocks: Block[] = [
		{
			path: '',
			rows: [
				columnRow(
					columns.map(({moment}) => momentText(moment)),
					width,
				),
			],
		},
	];
	for (const {pid, before, after} of processPairs(comparison)) {
		for (const thread of keyed(before?.threads, after?.threads, ({tid}) => tid)) {
			const path = `processes/${pid}/threads/${thread.key}`;
			const seen = columns.map((snapshot) => threadIn(snapshot, pid, thread.key));
			const comm = seen.find((one) => one !== undefined)?.comm ?? '';
			const {thread: label} = messages().evidence.labels;
			const rows: Row[] = [
				[markAt(differences, path), span(escapeText(label({tid: thread.key, comm})), 'strong')],
				...stateRows(seen, width),
				...frameRows(seen, width),
			];
			blocks.push({path, rows});
		}
	}
	return blocks;
}

function threadIn({processes}: Snapshot, pid: number, tid: number): ThreadSnapshot | undefined {
	return processes.find((one) => one.pid === pid)?.threads.find((one) => one.tid === tid);
}

/** What each is doing: its system call, what it blocks, how it is scheduled. */
function stateRows(threads: readonly (ThreadSnapshot | undefined)[], width: number): Row[] {
	const {missing} = messages().screen.evidence;
	const texts = threads.map((thread) => {
		if (!thread) return missing;
		const {syscall, state, scheduling, blocked} = thread;
		return [
			state,
			syscall?.name,
			scheduling && `${scheduling.policy} ${scheduling.nice}`,
			blocked && blocked !== '0x0' ? `blocks ${blocked}` : undefined,
		]
			.filter(Boolean)
			.join(' ');
	});
	return [columnRow(texts.map(escapeText), width, 'dim')];
}

/** Frames in line; one that is not the same everywhere is marked. */
function frameRows(threads: readonly (ThreadSnapshot | undefined)[], width: number): Row[] {
	const depth = Math.max(...threads.map((thread) => thread?.backtrace?.length ?? 0));
	if (depth === 0) {
		const places = threads.map((thread) => (thread ? placeText(thread) : ''));
		return [columnRow(places, width), [span(`   ${messages().screen.evidence.noBacktrace}`, 'dim')]];
	}
	return Array.from({length: depth}, (_, level) => {
		const frames = threads.map((thread) => thread?.backtrace?.[level]);
		const told = frames.filter((_frame, index) => threads[index]?.backtrace !== undefined);
		const same = new Set(told.map((frame) => frame?.symbol ?? frame?.pc ?? '')).size <= 1;
		return columnRow(
			frames.map((frame) => (frame ? `#${level} ${frameText(frame)}` : '')),
			width,
			same ? 'plain' : 'warn',
		);
	});
}

function frameText({pc, symbol, module}: Frame): string {
	const file = module?.split('/').at(-1);
	return escapeText(`${symbol ?? pc}${file === undefined ? '' : `  ${file}`}`);
}

function placeText({pc, where}: ThreadSnapshot): string {
	if (pc === undefined) return '';
	return escapeText(where ? `${where.symbol ?? where.module.split('/').at(-1)}+${where.offset}` : pc);
}

function columnRow(texts: readonly string[], width: number, tone: 'plain' | 'dim' | 'warn' = 'plain'): Row {
	const column = Math.floor((width - 3 - (texts.length - 1) * 3) / Math.max(texts.length, 1));
	return [
		span('   '),
		...texts.flatMap((text, index) => [
			...(index === 0 ? [] : [span(' │ ', 'dim')]),
			span(pad(text, column), tone),
		]),
	];
}
