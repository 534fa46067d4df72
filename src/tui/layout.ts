/** Below this the screen asks for a larger terminal instead of showing half of everything. */
export const smallest = {columns: 80, rows: 24};

export interface Size {
	columns: number;
	rows: number;
}

/** Outer sizes of the panes, borders included; a height or width of 0 means: not shown. */
export interface Layout extends Size {
	/** Rows between the title line and the stage bar. */
	top: number;
	connections: number;
	traffic: number;
	/** Rows between the stage bar and the hint line. */
	bottom: number;
	context: number;
	chart: number;
}

/** Title line, two rows of stage bar, hint line. */
const fixedRows = 4;
const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

/**
 * Divides the terminal; undefined: it is too small.
 * @param options `wide`: the traffic takes all that the session does not need; `chart`: rates are worth a chart.
 */
export function layoutOf(
	{columns, rows}: Size,
	hasSession: boolean,
	{wide = false, chart: wantsChart = true} = {},
): Layout | undefined {
	if (columns < smallest.columns || rows < smallest.rows) return undefined;
	const body = rows - fixedRows;
	const roomForChart = rows >= 30 && wantsChart && !wide;
	const connections = wide ? 0 : clamp(Math.floor(columns * 0.38), 32, 64);
	const traffic = columns - connections;
	if (!hasSession) {
		const bottom = roomForChart ? clamp(Math.floor(body * 0.28), 8, 12) : 0;
		return {
			columns,
			rows,
			top: body - bottom,
			connections,
			traffic,
			bottom,
			context: 0,
			chart: bottom ? columns : 0,
		};
	}
	const bottom = clamp(Math.floor(body * 0.42), 8, 20);
	const chart = roomForChart && columns >= 120 ? clamp(Math.floor(columns * 0.3), 36, 60) : 0;
	return {columns, rows, top: body - bottom, connections, traffic, bottom, context: columns - chart, chart};
}
