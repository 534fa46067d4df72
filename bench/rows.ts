/** One line of the table: ours against a peer's figure of the same run. */
export interface BenchRow {
	name: string;
	/** Medians, in `unit`. */
	ours: number;
	peer: number;
	peerName: string;
	unit: 'ms' | 's' | 'MB';
	/** ours / peer. */
	ratio: number;
	/** The ratio that was asked for; absent where the figure only informs. */
	target?: number;
	note?: string;
}

export function row(fields: Omit<BenchRow, 'ratio'>): BenchRow {
	return {...fields, ratio: fields.ours / fields.peer};
}

export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	const upper = sorted[middle] ?? Number.NaN;
	return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The value below which `share` (0…1) of all values lie. */
export function percentile(values: readonly number[], share: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.min(Math.ceil(sorted.length * share) - 1, sorted.length - 1)] ?? Number.NaN;
}
