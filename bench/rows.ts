/** One line of the benchmark's table: the same work done by us and by what a user would compare us with. */
export interface BenchRow {
	name: string;
	/** Medians, in `unit`. */
	ours: number;
	peer: number;
	unit: string;
	/** ours / peer. */
	ratio: number;
	/** The highest ratio that is good enough. */
	target?: number;
	/** Who the peer is, spread, what was counted. */
	note?: string;
}
