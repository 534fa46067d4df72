/** What is asked before something is done. */
export const freeze = {
	title: (name: string) => `Freeze ${name}?`,
	checking: 'Looking at what would happen (nothing is touched)…',
	target: (pid: number, comm: string, processes: number, threads: number) =>
		`pid ${pid} (${comm}), ${processes} ${processes === 1 ? 'process' : 'processes'}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
	blockers: 'It cannot be frozen:',
	warnings: 'Take care:',
	held: 'Held open while it is frozen:',
	stops: 'Each stage waits for you. Nothing is final before the commit point.',
	ask: 'y freezes it · p chooses what calls get · n or esc leaves it alone',
	askBlocked: 'esc goes back',
};

export const thaw = {
	title: (name: string) => `Thaw ${name}?`,
	body: {
		held: 'CRIU brings the process back with the same pid and the same bus connection. Each stage waits for you.',
		'new-asked':
			'CRIU brings the process back with the same pid. Its bus connection, though it is held, is given up for a new one: it gets another unique name, and calls that wait fail. Each stage waits for you.',
		reconnected:
			'CRIU brings the process back with the same pid. Its old bus connection is gone: it gets a new one with the same names and match rules, but another unique name; calls that waited have failed. Each stage waits for you.',
	},
	choice: 'Connection:',
	choices: {held: 'the one that is held', new: 'a new one'},
	otherBus: (address: string) =>
		`It belongs to another bus, ${address}: that is where it comes back, and not on the bus of this screen.`,
	ask: 'y thaws it · r changes the connection · n or esc leaves it frozen',
	askPlain: 'y thaws it · n or esc leaves it frozen',
	askAgain: 'y tries again · n or esc leaves it as it is',
};

export const abort = {
	title: (stage: string) => `Abort at ${stage}?`,
	thaw: 'The half-restored process is removed. The images stay intact: the service remains frozen and can be thawed again.',
	freeze: 'The service goes on running as if nothing had happened.',
	ask: 'y aborts · n or esc goes on waiting here',
};

export const quit = {
	title: 'Quit?',
	frozen: 'These stay frozen; a keeper holds each in the background:',
	freezing: (name: string) =>
		`${name} is being frozen. Before the commit point, leaving aborts that: the service runs on. After it, it stays frozen.`,
	thawing: (name: string) =>
		`${name} is being thawed. Leaving stops that: it stays frozen and can be thawed later.`,
	ends: 'The demo ends with the screen: its bus, its services and whatever is frozen are removed.',
	command: (command: string) => `thaw with: ${command}`,
	ask: 'y quits · n or esc stays here',
};
