/** The traffic pane and its filter. */
export const traffic = {
	title: 'Traffic',
	paused: (n: number) => `paused · ${n} new`,
	scrolled: (n: number, key: string) => `${n} newer · ${key} follows`,
	off: (reason: string) => `The bus cannot be watched: ${reason}`,
	none: 'No message yet. Whatever the bus delivers appears here.',
	noMatch: 'No message matches the filter so far; esc clears it.',
	gone: '(no longer in memory)',
	reply: 'reply',
	error: 'error',
	fds: (n: number) => `+${n} fd`,
};

export const filter = {
	prompt: 'filter',
	shown: (text: string) => `/${text}`,
	help: 'words that must all occur · enter keeps · esc undoes',
};
