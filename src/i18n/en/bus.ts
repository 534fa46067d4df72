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
		untold: '?: the bus daemon does not tell, or not to us (Debug.Stats)',
		waits: (name: string) => `(waits for ${name})`,
	},
	watch: {
		started: (address: string) => `Watching ${address}. Press Ctrl-C to end.`,
		dropped: (count: number) =>
			`${count} messages are missing above: the reader of this output was too slow.`,
		refused: (reason: string) => `This bus does not let us be a monitor: ${reason}`,
		modes: {
			eavesdrop: 'Watching by match rules: calls between others are seen, answers of the bus itself are not.',
			match: 'Watching by match rules: only signals that are sent to everybody are seen.',
		},
		lost: (reason: string) => `Connection lost: ${reason}. What is sent now is not seen; trying again …`,
		back: (seconds: string) => `Watching again, after ${seconds} s.`,
		summary: (seen: number, shown: number) =>
			`${seen} ${seen === 1 ? 'message' : 'messages'} seen, ${shown} shown.`,
		malformed: (count: number) => `${count} frames were no readable D-Bus messages.`,
		captureOnTerminal: '--pcap - writes binary data; send it to a file or another program',
	},
	capture: {
		broken: (count: number) => `${count} records of the capture are no whole D-Bus messages.`,
		notShown: (count: number) =>
			`${count} older messages of the capture did not fit into memory; see "memory" in the settings.`,
		truncated: 'The capture ends in the middle of a message.',
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
