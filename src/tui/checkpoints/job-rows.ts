import {escapeText} from '../../common/escape.js';
import {messages} from '../../i18n/index.js';
import {justify, type Row, span} from '../spans.js';
import type {CheckpointsState, Job} from '../state/checkpoints.js';
import {cutStart, formatBytes, pad, widthOf, wrap} from '../text.js';

/** Share of the work that is done, 0…1; undefined while nobody knows. */
function shareOf({progress}: Job): number | undefined {
	if (!progress || progress.total === 0) return undefined;
	return Math.min(progress.done / progress.total, 1);
}

/** `packing`, or what it does before that. */
function whatOf({kind, progress}: Job): string {
	const {cli, screen} = messages();
	if (!progress || (kind === 'send' && progress.phase === 'pack'))
		return screen.checkpoints.job.preparing[kind];
	return cli.move.progress[progress.phase];
}

/** For the title line: `packing 42 %`. */
export function jobTitle(job: Job): string {
	const share = shareOf(job);
	const percent = share === undefined ? '…' : `${Math.floor(share * 100)} %`;
	return messages().screen.checkpoints.job.title(whatOf(job), percent);
}

/** What is going on, with a bar; or what became of the last thing that was done. */
export function jobRows({job, outcome}: CheckpointsState, width: number): Row[] {
	if (job) return [lineOf(job, width), barOf(job, width)];
	const lines = outcome?.lines.flatMap((line) => wrap(escapeText(line.trim()), width)) ?? [];
	return lines.map((line, i): Row => [span(line, i === 0 ? outcome?.tone : undefined)]);
}

function lineOf(job: Job, width: number): Row {
	const text = messages().screen.checkpoints.job;
	const what = job.stopping ? text.stopping : whatOf(job);
	const head = text.line(what, job.title, '');
	return [span(head, 'strong'), span(cutStart(escapeText(job.to), Math.max(width - widthOf(head), 8)))];
}

/** `▓▓▓▓▓░░░░░  42 %  84 MB / 200 MB  120 MB/s` */
function barOf(job: Job, width: number): Row {
	const {progress, perSecond} = job;
	const share = shareOf(job);
	if (!progress || share === undefined) return [span('…', 'dim')];
	const bytes = `${formatBytes(progress.done)} / ${formatBytes(progress.total)}`;
	const speed = perSecond > 0 ? `  ${formatBytes(perSecond)}/s` : '';
	const facts = `  ${pad(`${Math.floor(share * 100)} %`, 5, 'right')}  ${bytes}${speed}`;
	// What changes its length must not shake the bar.
	const room = Math.max(width - Math.max(facts.length, 42), 10);
	const full = Math.floor(share * room);
	const bar = [span('█'.repeat(full), 'accent'), span('░'.repeat(room - full), 'dim')];
	return justify([...bar, span(facts)], [], width);
}
