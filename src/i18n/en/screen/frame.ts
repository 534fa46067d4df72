/** The title line, the connections pane and the charts. */
export const title = {
	connections: (n: number) => `${n} ${n === 1 ? 'connection' : 'connections'}`,
	frozen: (n: number) => `❄ ${n} frozen`,
	rate: (rate: string) => `${rate} msg/s`,
	help: '? help',
	dropped: (n: number) => `${n} not kept`,
	capture: 'a capture',
	readOnly: 'read-only',
};

export const tooSmall = (columns: number, rows: number, needColumns: number, needRows: number) =>
	`This terminal is ${columns}×${rows}. Please enlarge it to at least ${needColumns}×${needRows}; q quits.`;

export const connections = {
	title: 'Connections',
	rules: (n: number) => `${n} ${n === 1 ? 'rule' : 'rules'}`,
	waiting: (count: string) => `${count} waiting`,
	queued: (n: number) => `${n} queued in the bus`,
	frozen: 'frozen',
	refusing: 'refusing',
	standIn: 'refuses calls for it',
	noKeeper: 'frozen, its keeper is gone',
	busItself: 'the bus itself',
	none: 'Nothing is connected.',
	noMatch: 'No connection matches the filter; esc clears it.',
};

export const chart = {rate: 'Messages per second', stages: 'Stage times (ms)'};
