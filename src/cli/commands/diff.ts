import {CheckpointStore} from '../../checkpoint/store.js';
import {escapeText} from '../../common/escape.js';
import {type ContextLine, contextLines} from '../../context/lines.js';
import {messages} from '../../i18n/index.js';
import {momentText, reasonText} from '../../i18n/reason.js';
import {type Comparison, compareMoments, compareTwo} from '../comparison.js';
import type {CommandContext} from '../context.js';
import {describeMemory} from '../describe.js';
import type {ReportOptions} from '../html/write.js';
import {jsonText} from '../json.js';
import {readSnapshotFile} from '../snapshot-file.js';
import {renderTable} from '../table.js';

/**
 * What changed between freeze and thaw of a checkpoint, or between two snapshot files, and whether it matters.
 * @returns 0 when preserved, else 1.
 */
export async function run(
	context: CommandContext,
	options: {checkpoint: string; other?: string} & ReportOptions,
): Promise<number> {
	const {checkpoint, other} = options;
	const found = other === undefined ? new CheckpointStore(context.stateDir).find(checkpoint) : undefined;
	const comparison =
		found === undefined
			? compareTwo(await readSnapshotFile(checkpoint), await readSnapshotFile(other ?? ''))
			: await compareMoments(found);
	if (options.html !== undefined) {
		const {writeReport} = await import('../html/write.js');
		await writeReport(options.html, comparison, found, options);
		context.stderr.write(`${escapeText(messages().report.written(options.html))}\n`);
	}
	context.stdout.write(
		`${context.json ? jsonText(document(comparison)) : page(comparison, context.stdout)}\n`,
	);
	return comparison.verdict.preserved ? 0 : 1;
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
