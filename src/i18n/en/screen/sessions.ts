/** A freeze and a thaw as they go on, and what is compared afterwards. */
export const stages = {
	title: 'Stages',
	none: 'Nothing frozen from here yet.',
	commitPoint: 'commit point',
	lookingAt: (stage: string) => `Looking back at ${stage}`,
	noExplanation: 'A stage of CRIU.',
	explain: {
		snapshot: 'Threads, registers, descriptors and match rules were read. Nothing touched.',
		hold: 'The keeper holds its bus connection too: the daemon sees no disconnect.',
		'pre-dump': 'CRIU is ready; the process still runs, untouched.',
		'network-lock': 'CRIU has locked the network of the process.',
		'post-dump': 'Stopped and written to disk. Last place to abort: the service would run on.',
		frozen: 'It exists only on disk. Its connection is held; messages wait.',
		'pre-restore': 'CRIU is ready to bring the process back.',
		'setup-namespaces': 'CRIU builds the namespaces.',
		'post-setup-namespaces': 'The namespaces are there.',
		'post-restore': 'Memory and descriptors are back; the program does not run yet.',
		'pre-resume': 'Every thread stands at its old place. Compare (d) before it runs.',
		'post-resume': 'It runs.',
	} as Record<string, string>,
};

export const advice = {
	choose: 'Choose a service and press f to freeze it. enter shows its details.',
	chooseReadOnly: 'Read-only: look around, nothing can be frozen from here.',
	frozenElsewhere: (name: string) => `❄ ${name} is frozen. Select it, then t thaws it.`,
	opening: 'Starting the keeper…',
	busyFreeze: (name: string) => `Freezing ${name}…`,
	busyThaw: (name: string) => `Thawing ${name}…`,
	/** `waiting`: how many messages, or that and their bytes. */
	frozen: (name: string, waiting: string) =>
		`❄ ${name} is frozen, its names still owned; ${waiting} wait. t thaws.`,
	frozenRefusing: (name: string, refused: string, waiting: string) =>
		`❄ ${name} is frozen; calls refused: ${refused}; ${waiting} wait. t thaws.`,
	frozenTrouble: (name: string, trouble: string) => `❄ ${name} is frozen, but ${trouble}. w says more.`,
	messagesOnly: (count: string) => count,
	messagesAndBytes: (count: string, bytes: string) =>
		`${count} ${count === '1' ? 'message' : 'messages'} (${bytes})`,
	thawedPreserved: (name: string, downtime: string) =>
		`✔ ${name} runs on, context preserved; away for ${downtime}. d compares.`,
	thawedDelivered: (name: string, downtime: string, count: string) =>
		`✔ ${name} runs on, context preserved; away for ${downtime}; ${count} delivered.`,
	thawedChanged: (name: string, n: number) =>
		`✖ ${name} runs on, but ${n} ${n === 1 ? 'thing has' : 'things have'} changed. d shows what.`,
	thawedUnverified: (name: string) => `${name} runs again; comparing…`,
	leftRunning: (name: string) => `${name} was dumped and goes on running. d compares.`,
	aborted: (name: string) => `Aborted: ${name} runs on as before.`,
	thawAborted: (name: string) => `❄ Thaw aborted: ${name} is still frozen. t thaws it again.`,
	failed: (name: string) => `✖ ${name}: it failed; see below.`,
	detached: (name: string) => `The keeper of ${name} no longer reports.`,
};

export const context = {
	title: 'Context',
	held: 'held',
	none: 'No snapshot yet.',
	loading: 'Reading the snapshots…',
	only: (moment: string) => `Only the snapshot "${moment}" so far; the next one can be compared with it.`,
	warnings: 'warning',
	notPortable: 'this machine only',
};

export const diff = {
	title: 'Comparison',
	preserved: '✔ preserved — nothing that matters differs',
	notPreserved: (n: number) =>
		`✖ not preserved — ${n} ${n === 1 ? 'difference matters' : 'differences matter'}`,
	counts: (expected: number, changed: number, broken: number) =>
		`${expected} expected · ${changed} changed · ${broken} broken`,
	nothing: 'No difference at all.',
	loading: 'Comparing…',
	missing: 'These two cannot be compared: a snapshot is missing.',
	same: 'Both sides are the same snapshot: choose another with ← →.',
};

export const notice = {
	opened: 'Freezing: each stage waits for you.',
	aborting: 'Aborting…',
	continuing: 'Going on to the end…',
	attached: (name: string) => `Attached to ${name}.`,
};
