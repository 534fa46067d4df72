import type {MoveProgress, OnProgress} from '../../checkpoint/move/progress.js';
import {messages} from '../../i18n/index.js';
import type {CommandContext} from '../context.js';

/** Between two updates of the line on a terminal, and between two lines elsewhere; milliseconds. */
const terminalIntervalMs = 100;
const logIntervalMs = 5000;

export interface ProgressLine {
	onProgress: OnProgress;
	/** Removes the line. */
	end(): void;
}

/**
 * How far slow work is: one line that is written again and again on a terminal, a new one now and then in a log.
 * What is over before it could be read is not shown.
 */
export function progressLine({stderr}: Pick<CommandContext, 'stderr'>): ProgressLine {
	const interval = stderr.isTTY ? terminalIntervalMs : logIntervalMs;
	let next = performance.now() + interval;
	let phase: MoveProgress['phase'] | undefined;
	let began = {at: 0, done: 0};
	let shown = false;
	return {
		onProgress: (progress) => {
			const now = performance.now();
			if (progress.phase !== phase) {
				phase = progress.phase;
				began = {at: now, done: progress.done};
			}
			if (now < next) return;
			next = now + interval;
			shown = true;
			const perSecond = ((progress.done - began.done) / (now - began.at)) * 1000;
			stderr.write(
				stderr.isTTY ? `\r\u001b[K${lineOf(progress, perSecond)}` : `${lineOf(progress, perSecond)}\n`,
			);
		},
		end: () => {
			if (shown && stderr.isTTY) stderr.write('\r\u001b[K');
			shown = false;
		},
	};
}

function lineOf({phase, done, total}: MoveProgress, perSecond: number): string {
	const share = total > 0 ? Math.floor((done / total) * 100) : 100;
	const speed = Number.isFinite(perSecond) ? `  ${megabytes(perSecond)} MB/s` : '';
	const text = messages().cli.move.progress[phase];
	return `  ${text}  ${String(share).padStart(3)} %  ${megabytes(done)}/${megabytes(total)} MB${speed}`;
}

export function megabytes(bytes: number): string {
	return (bytes / 1e6).toFixed(1);
}
