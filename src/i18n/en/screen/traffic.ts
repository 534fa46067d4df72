/** The traffic pane and its filter. */
export const traffic = {
	title: 'Traffic',
	others: 'others',
	modes: {
		eavesdrop: 'by match rules',
		match: 'broadcasts only',
	} as Record<string, string>,
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
		gap: (how: string) => `not watched for ${how}`,
	},
	fds: (n: number) => `+${n} fd`,
};

export const filter = {
	shown: (text: string) => `/${text}`,
	naming: (name: string) => `save as @${name}`,
	typing: {
		connections: {prompt: 'filter', help: 'words that must all occur · enter keeps · esc undoes'},
		traffic: {
			prompt: 'filter',
			help: 'words  from: to: slower:20ms type:error is:unanswered -not  a or b  @saved',
		},
		evidence: {prompt: 'filter', help: 'words that must all occur · enter keeps · esc undoes'},
		checkpoints: {prompt: 'filter', help: 'words that must all occur · enter keeps · esc undoes'},
		name: {prompt: 'save the filter as', help: 'one word · enter saves · esc leaves it'},
	},
	badName: 'A name is one word without brackets and quotation marks.',
	now: (text: string) => `The filter is now: ${text}`,
	saved: (name: string) => `Saved: @${name} stands for this filter from now on.`,
	title: 'Saved filters',
	noneSaved: 'No filter is saved yet: S saves the one in use.',
};
