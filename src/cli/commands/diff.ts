import {join} from 'node:path';
import type {Checkpoint} from '../../checkpoint/folder.js';
import {CheckpointStore} from '../../checkpoint/store.js';
import {escapeText} from '../../common/escape.js';
import {Fault} from '../../common/fault.js';
import {compareSnapshots, type Moments} from '../../context/diff.js';
import {type ContextLine, contextLines} from '../../context/lines.js';
import {checkMemoryReport, withMemory} from '../../context/memory.js';
import type {Snapshot, Verdict} from '../../context/model.js';
import {judge, verdictOf} from '../../context/verdict.js';
import {imageSnapshot} from '../../criu/images/snapshot.js';
import type {MemoryReport} from '../../criu/memory/report.js';
import {messages} from '../../i18n/index.js';
import {momentText, reasonText} from '../../i18n/reason.js';
import type {CommandContext} from '../context.js';
import {describeMemory} from '../describe.js';
import {jsonText} from '../json.js';
import {readSnapshotFile} from '../snapshot-file.js';
import {renderTable} from '../table.js';

/** Two snapshots, and what to say of them. */
interface Comparison {
	before: Snapshot;
	after: Snapshot;
	verdict: Verdict;
	/** How the restored memory compared, where it was. */
	memory?: MemoryReport;
}

/**
 * What changed between freeze and thaw of a checkpoint, or between two snapshot files, and whether it matters.
 * @returns 0 when preserved, else 1.
 */
export async function run(
	context: CommandContext,
	options: {checkpoint: string; other?: string},
): Promise<number> {
	const {checkpoint, other} = options;
	const comparison =
		other === undefined
			? await compareMoments(new CheckpointStore(context.stateDir).find(checkpoint))
			: compareTwo(await readSnapshotFile(checkpoint), await readSnapshotFile(other));
	context.stdout.write(
		`${context.json ? jsonText(document(comparison)) : page(comparison, context.stdout)}\n`,
	);
	return comparison.verdict.preserved ? 0 : 1;
}

function compareTwo(before: Snapshot, after: Snapshot): Comparison {
	return {before, after, verdict: verdictOf(compareSnapshots(before, after))};
}

async function compareMoments(checkpoint: Checkpoint): Promise<Comparison> {
	const text = messages().evidence.diff;
	const [before, image, preResume, after] = await Promise.all([
		readMoment(checkpoint, 'before'),
		readMoment(checkpoint, 'image').then((stored) => stored ?? readImages(checkpoint)),
		readMoment(checkpoint, 'pre-resume'),
		readMoment(checkpoint, 'after'),
	]);
	if (before === undefined) {
		throw new Fault('bad-snapshot', {path: checkpoint.dir, reason: text.noSnapshots});
	}
	const last = after ?? preResume ?? image;
	if (last === undefined) {
		throw new Fault('bad-snapshot', {path: checkpoint.dir, reason: text.onlyBefore});
	}
	const moments: Moments = {
		...(image === undefined ? {} : {image}),
		...(preResume === undefined ? {} : {preResume}),
		...(after === undefined ? {} : {after}),
	};
	const memory = after === undefined ? undefined : checkMemoryReport(checkpoint.readMemory());
	const verdict = withMemory(judge({before, ...moments}), memory);
	return {before, after: last, verdict, ...(memory && {memory})};
}

async function readMoment(checkpoint: Checkpoint, moment: Snapshot['moment']): Promise<Snapshot | undefined> {
	try {
		return await readSnapshotFile(join(checkpoint.dir, `${moment}.json`));
	} catch (error) {
		if (error instanceof Fault && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
			return undefined;
		}
		throw error;
	}
}

/** A checkpoint that was frozen and not looked at yet has only criu's own files. */
async function readImages(checkpoint: Checkpoint): Promise<Snapshot | undefined> {
	try {
		return await imageSnapshot(checkpoint.images);
	} catch (error) {
		// A freeze that was cut short has no inventory yet: criu writes it last.
		if (error instanceof Fault && (error as Fault<'bad-image'>).params.reason === 'missing') {
			return undefined;
		}
		throw error;
	}
}

function document({before, after, verdict, memory}: Comparison) {
	const differences = verdict.differences.map((difference) => ({
		...difference,
		why: reasonText(difference.reason, difference.params),
	}));
	return {
		ok: true,
		pid: before.pid,
		moments: [before.moment, after.moment],
		verdict: {preserved: verdict.preserved, differences},
		...(memory && {memory}),
	};
}

function page({before, after, verdict, memory}: Comparison, stdout: NodeJS.WriteStream): string {
	const {diff} = messages().evidence;
	const lines = contextLines(before, after, verdict.differences);
	const serious = verdict.differences.filter((difference) => difference.class !== 'expected').length;
	return [
		diff.comparing(momentText(before.moment), momentText(after.moment)),
		...table(lines, momentText(before.moment), momentText(after.moment), stdout),
		...(memory ? describeMemory(memory).map((line) => line.trimStart()) : []),
		verdict.preserved ? diff.preserved(verdict.differences.length) : diff.notPreserved(serious),
	].join('\n');
}

/** The table, with the reason under each row that differs. */
function table(lines: ContextLine[], before: string, after: string, stdout: NodeJS.WriteStream): string[] {
	const {labels, classes, diff, nothing} = messages().evidence;
	const label = ({label: {key, params}}: ContextLine) => (labels[key] as (params: unknown) => string)(params);
	const cells = lines.map((line) =>
		[line.mark, label(line), line.before || nothing, line.after || nothing].map(escapeText),
	);
	const columns = [
		{title: ' '},
		{title: diff.header.what, least: 12},
		{title: before, least: 10},
		{title: after, least: 10},
	];
	const width = stdout.isTTY ? stdout.columns : undefined;
	const [header = '', ...rows] = renderTable(columns, cells, width).split('\n');
	return [
		header,
		...rows.flatMap((row, index) => {
			const line = lines[index];
			return line?.reason === undefined
				? [row]
				: [row, `     ${classes[line.class]}: ${reasonText(line.reason, line.params)}`];
		}),
	];
}
