/** The bus: `list`, `watch`, and why a bus cannot be reached. */
export const bus = {
	list: {
		columns: {
			uniqueName: 'CONNECTION',
			names: 'NAMES',
			pid: 'PID',
			uid: 'UID',
			command: 'COMMAND',
			rules: 'RULES',
			queue: 'QUEUE',
			frozen: 'FROZEN',
		},
		yes: 'yes',
		waits: (name: string) => `(waits for ${name})`,
	},
	watch: {
		started: (address: string) => `Watching ${address}. Press Ctrl-C to end.`,
		dropped: (count: number) =>
			`${count} messages are missing above: the reader of this output was too slow.`,
	},
	/** Reasons of the fault `bus-unreachable`; errno names and a daemon's own words are shown as they are. */
	reasons: {
		'address-transport': 'its transport is not supported (only unix:, tcp: and unixexec: are)',
		'address-no-path': 'it does not say where to connect to (path=, abstract=, …)',
		'other-guid': 'it is another bus than the address says (guid)',
		'address-syntax': 'it is not a D-Bus address',
		'auth-rejected': 'it does not accept this user',
		'not-a-bus': 'what answers there is not a message bus',
		timeout: 'it does not answer in time',
		closed: 'it closed the connection during the handshake',
		disconnected: 'it closed the connection',
		ENOENT: 'there is no such socket',
		ECONNREFUSED: 'nobody listens there',
		EACCES: 'permission denied',
	} as Record<string, string>,
};
