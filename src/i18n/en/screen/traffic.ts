/** The traffic pane and its filter. */
export const traffic = {
	title: 'Traffic',
	others: 'others',
	views: {list: 'list', sequence: 'sequence', statistics: 'statistics'},
	paused: (n: number) => `paused · ${n} new`,
	scrolled: (n: number, key: string) => `${n} newer · ${key} follows`,
	off: (reason: string) => `The bus cannot be watched: ${reason}`,
	none: 'No message yet. Whatever the bus delivers appears here.',
	noMatch: 'No message matches the filter so far; esc clears it.',
	gone: '(no longer in memory)',
	reply: 'reply',
	error: 'error',
	marks: {
		frozen: (name: string) => `${name} is frozen`,
		thawed: (name: string) => `${name} runs again`,
		aborted: (name: string) => `${name}: freeze aborted, it runs on`,
		lost: (name: string) => `${name} is lost`,
	},
	fds: (n: number) => `+${n} fd`,
};

export const filter = {
	prompt: 'filter',
	shown: (text: string) => `/${text}`,
	help: 'words that must all occur · enter keeps · esc undoes',
};
