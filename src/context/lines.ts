import type {
	ConnectionSnapshot,
	Difference,
	DifferenceClass,
	FdSnapshot,
	ProcessSnapshot,
	Snapshot,
	ThreadSnapshot,
} from './model.js';

/** What a row is about; `i18n` (evidence.labels) has the words. */
export interface LineLabels {
	process: {pid: number};
	thread: {tid: number; comm: string};
	fd: {fd: number; kind: string};
	connection: {uniqueName: string};
	names: Record<string, never>;
	rules: Record<string, never>;
	detail: {path: string};
}
export type LineLabel = {[Key in keyof LineLabels]: {key: Key; params: LineLabels[Key]}}[keyof LineLabels];

/**
 * One row of the context table, to be drawn by the screen and the commands. Texts come from processes and the
 * bus: escape them before printing.
 */
export interface ContextLine {
	path: string;
	label: LineLabel;
	before: string;
	after: string;
	/** ═ the same, ~ differs as expected, ≠ changed or broken. */
	mark: '═' | '~' | '≠';
	class: DifferenceClass | 'same';
	/** Key in `i18n` (evidence.reasons); absent when there is nothing to explain. */
	reason?: string;
	params?: Record<string, string | number>;
}

/**
 * The interesting rows of a comparison, also where nothing differs: every thread's place, the bus connections
 * with their names and rules; then every other difference.
 */
export function contextLines(before: Snapshot, after: Snapshot, differences: Difference[]): ContextLine[] {
	const rest = new Set(differences);
	const lines: ContextLine[] = [];
	for (const process of before.processes) {
		const later = after.processes.find(({pid}) => pid === process.pid);
		lines.push(...threadLines(process, later, rest));
		lines.push(...socketLines(before, process, later, rest));
	}
	for (const connection of before.connections) {
		lines.push(...connectionLines(connection, after, rest));
	}
	for (const difference of rest) {
		lines.push(detailLine(difference));
	}
	return lines;
}

function threadLines(
	process: ProcessSnapshot,
	later: ProcessSnapshot | undefined,
	rest: Set<Difference>,
): ContextLine[] {
	return process.threads.map((thread) => {
		const path = `processes/${process.pid}/threads/${thread.tid}`;
		const match = later?.threads.find(({tid}) => tid === thread.tid);
		return {
			path,
			label: {key: 'thread', params: {tid: thread.tid, comm: thread.comm}},
			before: placeText(thread),
			after: match === undefined ? '' : placeText(match, thread),
			...marked(take(rest, path)),
		};
	});
}

/** The sockets of bus connections; other descriptors only appear when they differ. */
function socketLines(
	before: Snapshot,
	process: ProcessSnapshot,
	later: ProcessSnapshot | undefined,
	rest: Set<Difference>,
): ContextLine[] {
	const bus = new Map(
		before.connections
			.filter(({pid}) => pid === process.pid)
			.map((connection) => [connection.fd, connection]),
	);
	return process.fds.flatMap((fd) => {
		const connection = bus.get(fd.fd);
		if (connection === undefined) {
			return [];
		}
		const path = `processes/${process.pid}/fds/${fd.fd}`;
		const match = later?.fds.find((other) => other.fd === fd.fd);
		return [
			{
				path,
				label: {key: 'fd' as const, params: {fd: fd.fd, kind: `${fd.kind} ${connection.uniqueName}`}},
				before: fdText(fd),
				after: match === undefined ? '' : fdText(match),
				...marked(take(rest, path)),
			},
		];
	});
}

function connectionLines(
	connection: ConnectionSnapshot,
	after: Snapshot,
	rest: Set<Difference>,
): ContextLine[] {
	const match = after.connections.find(({pid, fd}) => pid === connection.pid && fd === connection.fd);
	// Moments at which nobody asked the bus have nothing to show.
	if (match === undefined && after.connections.length === 0 && !hasUnder(rest, 'connections')) {
		return [];
	}
	const path = `connections/${connection.pid}:${connection.fd}`;
	const names = (one: ConnectionSnapshot | undefined) => one?.names.map(({name}) => name).join(' ') ?? '';
	const rules = (one: ConnectionSnapshot | undefined) => String(one?.matchRules?.length ?? '');
	const row = (
		part: string,
		label: LineLabel,
		text: (one: ConnectionSnapshot | undefined) => string,
	): ContextLine => ({
		path: `${path}${part}`,
		label,
		before: text(connection),
		after: text(match),
		...marked(take(rest, `${path}${part}`)),
	});
	const parts = [
		row('/names', {key: 'names', params: {}}, names),
		row('/matchRules', {key: 'rules', params: {}}, rules),
	];
	const label: LineLabel = {key: 'connection', params: {uniqueName: connection.uniqueName}};
	return [row('', label, (one) => one?.uniqueName ?? ''), ...parts];
}

function detailLine(difference: Difference): ContextLine {
	return {
		path: difference.path,
		label: {key: 'detail', params: {path: difference.path}},
		before: valueText(difference.before),
		after: valueText(difference.after),
		...marked([difference]),
	};
}

/** `0x7f12… poll+0x4f`, or what it was doing when no place is known. The image has no symbols: use the live one's. */
function placeText(thread: ThreadSnapshot, known?: ThreadSnapshot): string {
	if (thread.pc === undefined) {
		return thread.state ?? '';
	}
	const where = thread.where ?? (known?.pc === thread.pc ? known?.where : undefined);
	if (where === undefined) {
		return thread.pc;
	}
	const module = where.module.split('/').at(-1) ?? '';
	return `${thread.pc} ${where.symbol ?? module}+${where.offset}`;
}

const fdText = (fd: FdSnapshot): string => `${fd.target} ${fd.flags}`.trim();

export function valueText(value: unknown): string {
	return value === null || value === undefined
		? ''
		: typeof value === 'object'
			? JSON.stringify(value)
			: String(value);
}

/** Removes and returns the differences at a path and below it, the gravest first. */
function take(rest: Set<Difference>, path: string): Difference[] {
	const found = [...rest].filter(
		(difference) => difference.path === path || difference.path.startsWith(`${path}/`),
	);
	found.sort((one, other) => gravity[other.class] - gravity[one.class]);
	// Only the gravest fits the row; others that matter keep rows of their own.
	for (const [index, difference] of found.entries()) {
		if (index === 0 || difference.class === 'expected') {
			rest.delete(difference);
		}
	}
	return found;
}

const hasUnder = (rest: Set<Difference>, path: string): boolean =>
	[...rest].some((difference) => difference.path.startsWith(`${path}/`));

const gravity: Record<DifferenceClass, number> = {expected: 0, changed: 1, broken: 2};

function marked(found: Difference[]): Pick<ContextLine, 'mark' | 'class' | 'reason' | 'params'> {
	const [first] = found;
	if (first === undefined) {
		return {mark: '═', class: 'same'};
	}
	// A call that is restarted or interrupted leaves the thread at its place, and so does one that ran and came back.
	const samePlace = found.every(
		({reason, class: kind, path}) =>
			['one-eintr', 'syscall-restarts', 'restart-syscall'].includes(reason) ||
			(kind === 'expected' && /\/(?:registers|vectors)\//.test(path)),
	);
	return {
		mark: samePlace ? '═' : first.class === 'expected' ? '~' : '≠',
		class: first.class,
		reason: first.reason,
		...(first.params === undefined ? {} : {params: first.params}),
	};
}
