/** The comparison window. */
export const evidence = {
	sections: {
		differences: 'differences',
		threads: 'threads',
		registers: 'registers',
		maps: 'maps',
		fds: 'fds',
		sockets: 'sockets',
		connections: 'bus',
		process: 'process',
	},
	missing: 'not there',
	noBacktrace: 'no backtrace: eu-stack of elfutils makes them',
	noRegisters: 'its registers were not read at these moments',
	noConnections: 'Nobody asked the bus at these moments.',
	copied: (lines: number) => `${lines} lines were sent to the terminal’s clipboard (OSC 52).`,
};
