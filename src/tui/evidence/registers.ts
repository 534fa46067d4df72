import type {ThreadSnapshot} from '../../context/model.js';
import {messages} from '../../i18n/index.js';
import {marks} from '../rows/context-rows.js';
import {span} from '../spans.js';
import type {Comparison} from '../state/state.js';
import {heading, keyed, markAt, pairRow, processPairs} from './pairs.js';
import type {Block} from './sections.js';

/** All registers of every thread; what is not the same is marked, also where nobody would call it a difference. */
export function registerBlocks(comparison: Comparison, width: number): Block[] {
	const {labels} = messages().evidence;
	const blocks: Block[] = [];
	for (const {pid, before, after} of processPairs(comparison)) {
		for (const {key: tid, ...thread} of keyed(before?.threads, after?.threads, (one) => one.tid)) {
			const comm = (thread.before ?? thread.after)?.comm ?? '';
			const path = `processes/${pid}/threads/${tid}`;
			blocks.push({path, rows: [heading(labels.thread({tid, comm}))]});
			blocks.push(...registersOf(comparison, path, thread, width));
		}
	}
	return blocks;
}

function registersOf(
	{differences}: Comparison,
	path: string,
	{before, after}: {before: ThreadSnapshot | undefined; after: ThreadSnapshot | undefined},
	width: number,
): Block[] {
	const blocks: Block[] = [];
	for (const kind of ['registers', 'vectors'] as const) {
		const names = new Set([...Object.keys(before?.[kind] ?? {}), ...Object.keys(after?.[kind] ?? {})]);
		for (const name of names) {
			const values = [before?.[kind]?.[name], after?.[kind]?.[name]] as const;
			const at = `${path}/${kind}/${name}`;
			const judged = differences?.some((difference) => difference.path === at);
			const differs = values[0] !== undefined && values[1] !== undefined && values[0] !== values[1];
			const [sign, tone] = marks.expected;
			const mark = judged || !differs ? markAt(differences, at) : span(` ${sign} `, tone);
			blocks.push({path: at, rows: [pairRow(name, mark, values, width)]});
		}
	}
	if (blocks.length === 0)
		blocks.push({path, rows: [[span(`   ${messages().screen.evidence.noRegisters}`, 'dim')]]});
	return blocks;
}
