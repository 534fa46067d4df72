/** What waits for a frozen service, and what becomes of calls to it. */
export const waiting = {
	title: 'Waiting',
	policy: {queue: 'calls wait', refuse: 'calls are refused'},
	frozenFor: (age: string) => `frozen for ${age}`,
	/** `count` may be a least number: then it ends with +. */
	messages: (count: string, bytes: string) =>
		`${count} ${count === '1' ? 'message waits' : 'messages wait'}, ${bytes}`,
	nothing: 'nothing waits',
	oldest: (age: string) => `the oldest for ${age}`,
	stashed: (count: string) => `${count} of them on disk`,
	allStashed: 'all on disk',
	rate: (rate: string) => `${rate}/s come in`,
	refused: (count: string) => `${count} ${count === '1' ? 'call' : 'calls'} refused`,
	/** What the keeper does with what comes, in whole sentences. */
	drain: {
		watching: {
			queue: 'What comes goes to the disk.',
			refuse: 'All that is not refused goes to the disk.',
		},
		draining: 'Much comes: it is moved to the disk, so that no sender has to wait.',
		limit:
			'The stash is as large as the kernel can take back at the thaw. Nothing more is taken: senders will have to wait when the bus can queue no more. Thaw it.',
		descriptors:
			'The keeper may open no more descriptors. Nothing more is taken: senders will have to wait when the bus can queue no more. Thaw it.',
		'disk-full':
			'The disk is full. Nothing is lost, but nothing more is taken: senders will have to wait when the bus can queue no more. Free some space and it goes on by itself, or thaw it.',
		ended:
			'The bus daemon has closed the connection: nothing more comes, its names are free, and after the thaw it has no connection.',
		stopped: '',
	},
	/** The same in two or three words. */
	trouble: {
		limit: 'the stash is full',
		descriptors: 'out of descriptors',
		'disk-full': 'the disk is full',
		ended: 'its connection has ended',
	},
	header: {at: 'to disk at', from: 'from', what: 'message', path: 'object', size: 'size'},
	/** Where the time would stand: it is still in the socket, which tells none. */
	noTime: 'in socket',
	pieceOfStream: 'part of a stream',
	lostFds: (n: number) => `${n} ${n === 1 ? 'descriptor' : 'descriptors'} lost, cannot be delivered`,
	loading: 'Asking its keeper…',
	delivered: (messages: string, bytes: string) =>
		`✔ The thaw delivered ${messages} ${messages === '1' ? 'message' : 'messages'} (${bytes}) that had waited.`,
	deliveredNothing: '✔ Thawed; nothing had waited.',
	hadRefused: (count: string) => `${count} ${count === '1' ? 'call' : 'calls'} had been refused.`,
};

/** The question before calls are treated in another way. */
export const policy = {
	title: {
		queue: (name: string) => `Let calls to ${name} wait?`,
		refuse: (name: string) => `Refuse calls to ${name}?`,
	},
	body: {
		queue:
			'The frozen service gets its names back. Calls wait for the thaw, and each caller for as long as its own time-out lets it (mostly 25 s). Calls that were refused stay refused.',
		refuse:
			'Every call gets the error io.github.dbusfreeze.Error.Frozen at once, and the bus daemon tells everybody that its names have a new owner. Signals and replies go on waiting.',
	},
	waiting: (messages: string) => `Calls among the ${messages} messages that wait are refused, too.`,
	ask: {
		queue: 'y lets calls wait · n or esc goes on refusing',
		refuse: 'y refuses calls · n or esc lets them wait',
	},
	askAgain: 'y tries again · n or esc goes back',
	changing: {
		queue: 'Giving the names back…',
		refuse: 'Taking over the names…',
	},
	changed: {
		queue: (name: string) => `Calls to ${name} wait from now on.`,
		refuse: (name: string) => `Calls to ${name} are refused from now on.`,
	},
	/** In the question before a freeze. */
	whileFrozen: 'While frozen:',
	choices: {queue: 'calls wait for the thaw', refuse: 'calls get an error at once'},
};
