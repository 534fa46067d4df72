import type {Operation} from '../../session/events.js';

/** The page of `diff --html`. */
export const report = {
	/** Of the page, as HTML names it. */
	language: 'en' as string,
	written: (file: string) => `The report is in ${file}. Look through it before you give it away.`,
	title: (what: string) => `${what}: frozen and thawed`,
	facts: {
		program: 'program',
		arguments: 'arguments',
		process: 'process (processes, threads)',
		connections: 'bus connections',
		machine: 'machine',
		notPortable: 'held open',
	},
	timeline: 'Stages',
	frozen: 'frozen',
	downtime: (ms: string) => `The process did not run for ${ms} ms.`,
	operation: 'operation',
	operations: {freeze: 'freeze', thaw: 'thaw'} satisfies Record<Operation, string> as Record<
		Operation,
		string
	>,
	stage: 'stage',
	work: 'work',
	reached: 'reached at',
	differences: 'What was compared',
	class: 'class',
	why: 'why',
	hidden: '(hidden)',
	traffic: {
		title: 'On the bus around the freeze',
		time: 'time (UTC)',
		type: 'type',
		route: 'from → to',
		what: 'what',
		bytes: 'bytes',
		body: 'body',
		more: (count: number) => `${count} further message${count === 1 ? '' : 's'} in this time.`,
	},
	backtraces: 'Backtraces',
	madeBy: (version: string, at: string) => `Made by dbusfreeze-tui ${version} at ${at}.`,
	left: (environment: boolean, bodies: boolean) => {
		const left = [
			...(bodies ? [] : ['message bodies']),
			...(environment ? [] : ['arguments', 'environment']),
		];
		return left.length === 0 ? '' : `Left out: ${left.join(', ')}.`;
	},
};
