import {escapeText} from '../../common/escape.js';
import type {ConnectionSnapshot, Difference, Snapshot, ThreadSnapshot} from '../../context/model.js';
import {messages} from '../../i18n/index.js';
import {reasonOf, warningText} from '../explain.js';
import {faultSentences} from '../fault-text.js';
import type {SessionView} from '../session-view.js';
import {type Row, span} from '../spans.js';
import type {Comparison} from '../store.js';
import {pad, wrap} from '../text.js';
import type {Tone} from '../theme.js';

export const marks: Record<Difference['class'] | 'same', readonly [string, Tone]> = {
	same: ['═', 'good'],
	expected: ['≈', 'accent'],
	changed: ['≠', 'warn'],
	broken: ['✖', 'bad'],
};

const gravity: Record<Difference['class'], number> = {expected: 0, changed: 1, broken: 2};

/** What the context pane says of the session: failure first, then threads, connections, descriptors. */
export function contextRows(view: SessionView, comparison: Comparison | undefined, width: number): Row[] {
	const text = messages().screen.context;
	const rows: Row[] = failureRows(view, width);
	const {moments, warnings, portableBecause, held} = view.session;
	const shown = comparison?.checkpoint === view.checkpoint ? comparison : undefined;
	if (shown?.left) {
		rows.push(...threadRows(shown, shown.left, width), ...connectionRows(shown, shown.left, width));
		rows.push(...descriptorRows(shown, shown.left, held.length, width));
		const {left, right, before} = shown;
		if (left && !right && moments.length < 2)
			rows.push([span(text.only(messages().screen.moments[before]), 'dim')]);
	} else {
		rows.push([span(moments.length > 0 ? text.loading : text.none, 'dim')]);
	}
	for (const warning of warnings) rows.push(...labelled(text.warnings, warningText(warning), width, 'warn'));
	if (portableBecause.length > 0)
		rows.push(...labelled(text.notPortable, escapeText(portableBecause.join('; ')), width, 'dim'));
	return rows;
}

function failureRows({session}: SessionView, width: number): Row[] {
	if (!session.fault) return [];
	const {message, state, hint} = faultSentences(session.fault);
	const tone: Tone = session.fault.code === 'aborted' ? 'warn' : 'bad';
	return [
		...wrap(message, width).map((line) => [span(line, tone)]),
		...wrap(state, width).map((line) => [span(line, session.process === 'lost' ? 'bad' : 'strong')]),
		...wrap(hint, width).map((line) => [span(line)]),
	];
}

const labelWidth = (width: number): number => (width >= 100 ? 26 : 18);

function labelled(label: string, sentence: string, width: number, tone: Tone): Row[] {
	const indent = labelWidth(width);
	return wrap(sentence, width - indent - 1).map((line, i) => [
		span(`${pad(i === 0 ? label : '', indent)} `, tone),
		span(line),
	]);
}

/** The gravest difference below a path, and all reasons. */
function judge(
	{differences}: Comparison,
	prefix: string,
): {mark: readonly [string, Tone]; note: string} | undefined {
	if (!differences) return undefined;
	const found = differences
		.filter(({path}) => path === prefix || path.startsWith(`${prefix}/`))
		.sort((a, b) => gravity[b.class] - gravity[a.class]);
	const [worst] = found;
	if (!worst) return {mark: marks.same, note: messages().screen.context.same};
	return {mark: marks[worst.class], note: [...new Set(found.map(reasonOf))].join('; ')};
}

/** `label  left  mark  note`: in a wide pane the right side stands beside the left. */
function compared(
	comparison: Comparison,
	path: string,
	[label, left, right]: readonly [string, string, string | undefined],
	width: number,
): Row {
	const verdict = judge(comparison, path);
	const labels = labelWidth(width);
	const rest = width - labels - 1;
	const column = Math.floor((rest - 3) * (width >= 100 ? 0.36 : 0.55));
	const cells = [span(`${pad(label, labels)} `, 'dim'), span(pad(left, column))];
	if (!verdict) return [...cells, span(right === undefined ? '' : `   ${right}`)];
	const [mark, tone] = verdict.mark;
	const beside = width >= 100 && right !== undefined ? [span(`${pad(right, column)} `)] : [];
	return [...cells, span(` ${mark} `, tone), ...beside, span(verdict.note, tone === 'good' ? 'dim' : tone)];
}

function place(thread: ThreadSnapshot | undefined): string | undefined {
	if (!thread) return undefined;
	if (thread.pc === undefined) return messages().screen.context.running;
	const {where, pc} = thread;
	if (!where) return pc;
	const module = where.module.split('/').at(-1) ?? where.module;
	return escapeText(
		`${pc} ${where.symbol ? `${where.symbol}+${where.offset}` : `${module}+${where.offset}`}`,
	);
}

function threadRows(comparison: Comparison, left: Snapshot, width: number): Row[] {
	const text = messages().screen.context;
	return left.processes.flatMap((process) =>
		process.threads.map((thread) => {
			const other = comparison.right?.processes
				.find(({pid}) => pid === process.pid)
				?.threads.find(({tid}) => tid === thread.tid);
			const label = `${text.thread} ${thread.tid} ${escapeText(thread.comm)}`;
			const path = `processes/${process.pid}/threads/${thread.tid}`;
			return compared(comparison, path, [label, place(thread) ?? '', place(other)], width);
		}),
	);
}

function connectionText(connection: ConnectionSnapshot | undefined): string | undefined {
	if (!connection) return undefined;
	const text = messages().screen;
	const {uniqueName, names, matchRules} = connection;
	const rules = matchRules === null ? text.context.rulesUnknown : text.connections.rules(matchRules.length);
	return escapeText(`${uniqueName} · ${text.context.names(names.length)} · ${rules}`);
}

function connectionRows(comparison: Comparison, left: Snapshot, width: number): Row[] {
	const text = messages().screen.context;
	return left.connections.map((connection) => {
		const {pid, fd} = connection;
		const other = comparison.right?.connections.find(
			(candidate) => candidate.pid === pid && candidate.fd === fd,
		);
		const label = `${text.connection} fd ${fd}`;
		const sides = [label, connectionText(connection) ?? '', connectionText(other)] as const;
		return compared(comparison, `connections/${pid}:${fd}`, sides, width);
	});
}

function descriptorRows(comparison: Comparison, left: Snapshot, heldCount: number, width: number): Row[] {
	const text = messages().screen.context;
	return left.processes.map((process) => {
		const other = comparison.right?.processes.find(({pid}) => pid === process.pid);
		const held = process.fds.filter((fd) => fd.held).length || heldCount;
		const label = left.processes.length > 1 ? `${text.fds} ${process.pid}` : text.fds;
		const right = other ? text.fdCount(other.fds.length, held) : undefined;
		const sides = [label, text.fdCount(process.fds.length, held), right] as const;
		return compared(comparison, `processes/${process.pid}/fds`, sides, width);
	});
}
