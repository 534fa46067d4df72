import {escapeText} from '../common/escape.js';
import type {Verdict} from '../context/model.js';
import {ownedNames} from '../context/owned-names.js';
import type {MemoryReport} from '../criu/memory/report.js';
import {messages} from '../i18n/index.js';
import type {FreezeResult, ThawResult} from '../session/events.js';
import {connectionNotes} from './connection-text.js';
import type {CommandContext} from './context.js';
import {thawCommand} from './thaw-command.js';

/** The outcome of a freeze, for people. */
export function describeFreeze(
	context: CommandContext,
	title: string,
	result: FreezeResult,
	leftRunning: boolean,
): string {
	const text = messages().cli.freeze;
	const lines = [leftRunning ? text.leftRunning(title) : text.frozen(title)];
	if (!leftRunning) {
		for (const connection of result.connections) {
			const {uniqueName} = connection;
			const owned = ownedNames([connection]).join(', ');
			const notes = connectionNotes(connection, result.connections);
			lines.push(owned ? text.stillOwns(uniqueName, owned, notes) : text.stillConnected(uniqueName, notes));
		}
		if (result.connections.length === 0) lines.push(text.notOnBus);
		lines.push(text.held(result.held.length));
		if (result.unit) lines.push(messages().unit.stays(result.unit.name));
	}
	lines.push(text.checkpoint(result.checkpoint, megabytes(result.imageBytes)));
	if (!result.portable) lines.push(text.notPortable(result.portableBecause.join('; ')));
	if (!leftRunning) lines.push(text.thawWith(thawCommand(context, result.checkpoint)));
	return printable(lines);
}

/** The outcome of a thaw, for people. */
export function describeThaw(title: string, result: ThawResult): string {
	const text = messages().cli;
	const {before, after} = result.uniqueName;
	const lines = [text.thaw.done(title, result.timings.totalMs.toFixed(0))];
	if (result.ownPid !== undefined) lines.push(text.thaw.nested(result.pid, result.ownPid));
	if (before !== '')
		lines.push(
			before === after
				? text.thaw.sameName([after, ...result.names].join(', '))
				: text.thaw.otherName(before, after),
		);
	if (result.unit)
		lines.push(messages().unit[result.unit.started ? 'wasStarted' : 'mainAgain'](result.unit.name));
	if (result.memory) lines.push(...describeMemory(result.memory));
	lines.push(...describeVerdict(result.verdict));
	return printable(lines);
}

/** How the memory compared, as lines. */
export function describeMemory({dumped, original, ms}: MemoryReport): string[] {
	const text = messages().cli.memory;
	const compared = (dumped.bytes / 1e6).toFixed(1);
	const differing = dumped.bytes - dumped.equalBytes - dumped.kernelBytes;
	const speed = ((dumped.bytes + (original?.bytes ?? 0)) / 1e3 / Math.max(ms, 0.001)).toFixed(0);
	return [
		differing === 0 ? text.equal(compared, speed) : text.differs(compared, differing),
		...(original ? [text.original((original.bytes / 1e6).toFixed(1))] : []),
	];
}

/** The verdict as lines, unescaped: what matters first. */
export function describeVerdict({differences, preserved}: Verdict): string[] {
	const text = messages().cli.verdict;
	const bad = differences.filter((difference) => difference.class !== 'expected');
	const expected = differences.length - bad.length;
	return [
		preserved ? text.preserved : text.notPreserved(bad.length),
		...bad.map(({path, before, after}) => `  ${path}: ${JSON.stringify(before)} → ${JSON.stringify(after)}`),
		...(expected > 0 ? [text.expected(expected)] : []),
	];
}

export function megabytes(bytes: number): string {
	return `${(bytes / 1e6).toFixed(1)} MB`;
}

function printable(lines: string[]): string {
	return `${lines.map(escapeText).join('\n')}\n`;
}
