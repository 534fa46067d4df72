import {
	type CauseParams,
	type CriuCause,
	endingOf,
	isConsequence,
	isHarmless,
	knownCause,
} from './log-causes.js';

export type {CauseParams, CriuCause} from './log-causes.js';

export interface LogLine {
	/** Line in the file, from 1. */
	number: number;
	/** Seconds since criu started; absent in lines of the code that criu injects. */
	seconds?: number;
	level: 'error' | 'warning' | 'other';
	/** The task it speaks for: its pid in a restore log, the infected one in a dump log. */
	pid?: number;
	/** Place in criu's source, e.g. `criu/file-lock.c:110`. */
	source?: string;
	message: string;
	/** Called an error, but known to mean nothing. */
	noise: boolean;
}

export interface LogReport {
	/** criu itself wrote that it succeeded; then there is no cause, whatever the lines say. */
	succeeded: boolean;
	/** The message of the line that started the failure; '' when there is none. */
	cause: string;
	/** What that message is known to mean. */
	known?: {code: CriuCause; params: CauseParams};
	/** Errors and warnings in their order, noise included (and marked). */
	lines: LogLine[];
	/** What to read first: the cause's line with the two before it, and further errors; else the end of the log. */
	telling: LogLine[];
}

/** Lines in `telling`. */
const tellingLines = 8;
/** Of them, what happened just before the cause. */
const linesBefore = 2;

/**
 * `(00.012345)  123: Error (criu/file.c:12): message`, or `pie: 123: Error (…): message` from injected code.
 * Everything before the level is optional: some lines come from libraries.
 */
const form =
	/^(?:\((?<seconds>\d+\.\d+)\))?\s*(?:pie:)?\s*(?:(?<pid>\d+): )?\s*(?:(?<level>Error|Warn)\s+\((?<source>[^()\s]+:\d+)\): )?(?<message>.*)$/;

const success = /^(?:Dumping|Pre-dumping) finished successfully|^Restore finished successfully/;

/** Reads dump.log or restore.log of criu and finds where the failure began. */
export function readLog(log: string): LogReport {
	const all = log.split('\n').flatMap(parseLine);
	const lines = all.filter((line) => line.level !== 'other');
	if (all.some((line) => success.test(line.message))) {
		return {succeeded: true, cause: '', lines, telling: []};
	}
	const telling = lines.filter((line) => !line.noise);
	const errors = telling.filter((line) => line.level === 'error');
	// A known obstacle explains more than the error it leads to.
	for (const line of [...errors, ...fatalWarnings(telling, errors)]) {
		const known = knownCause(line.message);
		if (known !== undefined) {
			return {succeeded: false, cause: line.message, known, lines, telling: around(all, line, errors)};
		}
	}
	const first = errors.find((line) => !isConsequence(line.message)) ?? errors[0];
	if (first) return {succeeded: false, cause: first.message, lines, telling: around(all, first, errors)};
	const last = all.slice(-tellingLines);
	if (last.length === 0) return {succeeded: false, cause: '', lines, telling: last};
	const known = {code: endingOf(last.map(({message}) => message)), params: {}};
	return {succeeded: false, cause: '', known, lines, telling: last};
}

/** The line, what was logged just before it (by the same task, if it names one), and the errors that followed. */
function around(all: LogLine[], cause: LogLine, errors: LogLine[]): LogLine[] {
	const before = all
		.slice(0, all.indexOf(cause))
		.filter(({pid, noise}) => !noise && (cause.pid === undefined || pid === cause.pid))
		.slice(-linesBefore);
	const after = errors.filter(({number}) => number > cause.number);
	return [...before, cause, ...after].slice(0, tellingLines);
}

/**
 * When criu cannot stop a task it only warns, and the error that follows is about giving up. The same warning for
 * a zombie child means nothing: criu goes on.
 */
function fatalWarnings(telling: LogLine[], errors: LogLine[]): LogLine[] {
	const givenUp = errors.flatMap((line) => /Unable to detach from (\d+)/.exec(line.message)?.[1] ?? []);
	return telling.filter(
		(line) => line.level === 'warning' && givenUp.some((pid) => line.message.includes(`task: ${pid} `)),
	);
}

/** Whether any line has criu's form, with a time or from injected code: else it is another file, or an empty one. */
export function looksLikeLog(log: string): boolean {
	return log.split('\n').some((line) => /^(?:\(\d+\.\d+\)|pie:|(?:Error|Warn) +\()/.test(line));
}

/** criu's own words for why it failed; its last line when no error was logged at all (it was killed, or crashed). */
export function firstCause(log: string): string {
	const {cause} = readLog(log);
	return cause === '' ? (log.trimEnd().split('\n').at(-1) ?? '') : cause;
}

function parseLine(line: string, index: number): LogLine[] {
	const groups = form.exec(line)?.groups;
	if (line === '' || groups === undefined) {
		return [];
	}
	const {seconds, pid, level, source, message = ''} = groups;
	return [
		{
			number: index + 1,
			level: level === 'Error' ? 'error' : level === 'Warn' ? 'warning' : 'other',
			message,
			noise: level === 'Error' && isHarmless(message),
			...(seconds === undefined ? {} : {seconds: Number(seconds)}),
			...(pid === undefined ? {} : {pid: Number(pid)}),
			...(source === undefined ? {} : {source}),
		},
	];
}
