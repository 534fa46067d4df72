import fs from 'node:fs';
import path from 'node:path';
import {Fault, type FaultParams, type ProcessState} from '../common/fault.js';
import {type Runner, type RunningCommand, runCommand} from '../common/runner.js';
import {type CriuArguments, type CriuJob, dumpArguments, restoreArguments} from './arguments.js';
import {inherited} from './held.js';
import {endLeftovers} from './leftovers.js';
import {firstCause, readLog} from './log.js';
import {readLogFile} from './log-file.js';
import {type CriuPlace, ordinaryPlace, placeCriu} from './place.js';
import type {StageGate, StageHandler, StageNotice} from './stage-gate.js';

export interface CriuRun {
	criu: string;
	job: CriuJob;
	/** By default criu runs as an ordinary program of ours. */
	place?: CriuPlace;
	gate: StageGate;
	/** Called at every stage; criu waits for its answer. The time limit does not run meanwhile. */
	onStage: StageHandler;
	/** criu has ended: whoever still decides at a stage decides for nobody. What `onStage` has begun is waited for. */
	onEnd?: () => void;
	/** Start criu only when this resolves; see `CommandRun.startWhen`. */
	startWhen?: Promise<void>;
	/** Of a restore: the processes that it makes, the root first; what is left of them by half is ended. */
	restored?: () => readonly number[];
	/** Seconds that criu may work without reaching a stage. One known case hangs for ever. */
	limitSeconds: number;
	run?: Runner;
}

/** criu ended without success. `stage` is the last one that it reached. */
export interface CriuOutcome {
	ok: boolean;
	ms: number;
	stage: string | undefined;
	timedOut: boolean;
	/** The signal that ended criu, if one did. */
	signal: string | undefined;
	/** Of a restore without success: its root runs nevertheless. Nothing else of a failed run is left. */
	runs: boolean;
}

/** Dumps the tree under `pid`, the number that it has for itself. Never throws for criu's own failures: see `failure` for the error to throw. */
export function dump(pid: number, leaveRunning: boolean, options: CriuRun): Promise<CriuOutcome> {
	const {job, place} = options;
	// There it cannot see what is ours otherwise.
	const handed = place?.pidNamespace ? inherited(job.held) : new Map<number, number>();
	return runCriu('dump', (placed) => dumpArguments(pid, placed, leaveRunning), handed, options);
}

/** Restores from the job's images, handing over the held descriptors. */
export function restore(leaveStopped: boolean, options: CriuRun): Promise<CriuOutcome> {
	const handed = inherited(options.job.held);
	return runCriu('restore', (placed) => restoreArguments(placed, leaveStopped), handed, options);
}

/** The fault for an outcome that is not ok, with the first cause from criu's log. */
export function failure(
	operation: 'dump' | 'restore',
	outcome: CriuOutcome,
	options: CriuRun,
	processState: ProcessState,
): Fault {
	const log = path.resolve(options.job.imageDir, options.job.log);
	const where = {processState, ...(outcome.stage === undefined ? {} : {stage: outcome.stage})};
	if (outcome.timedOut)
		return new Fault(
			'criu-timeout',
			{operation, seconds: options.limitSeconds, ...endlessIn(log), log},
			where,
		);
	if (outcome.signal !== undefined)
		return new Fault('criu-killed', {operation, signal: outcome.signal, log}, where);
	// On a full disk its log is cut short, too, and says nothing.
	if (isFull(options.job.imageDir)) return new Fault('disk-full', {path: options.job.imageDir}, where);
	return new Fault('criu-failed', {operation, ...causeIn(log), log}, where);
}

/** Not even one page more. */
function isFull(dir: string): boolean {
	const {bavail} = fs.statfsSync(dir);
	return bavail === 0;
}

async function runCriu(
	operation: 'dump' | 'restore',
	argumentsFor: (job: CriuArguments) => string[],
	descriptors: ReadonlyMap<number, number>,
	{
		criu,
		job,
		place = ordinaryPlace,
		restored = () => [],
		gate,
		onStage,
		onEnd,
		limitSeconds,
		startWhen,
		run = runCommand,
	}: CriuRun,
): Promise<CriuOutcome> {
	const placed = placeCriu(criu, job, place);
	let stage: string | undefined;
	let timedOut = false;
	let child: RunningCommand | undefined;
	let timer: NodeJS.Timeout | undefined;
	let atStage: Promise<unknown> = Promise.resolve();
	const allow = () => {
		timer = setTimeout(() => {
			timedOut = true;
			child?.kill('SIGKILL');
		}, limitSeconds * 1000);
	};
	const handler = async (notice: StageNotice) => {
		clearTimeout(timer);
		stage = notice.stage;
		const answer = onStage(notice);
		atStage = answer.catch(() => {});
		try {
			return await answer;
		} finally {
			allow();
		}
	};
	let start = performance.now();
	const begin = () => {
		start = performance.now();
		allow();
	};
	if (startWhen) startWhen.then(begin, () => {});
	else begin();
	try {
		return await gate.during(handler, async () => {
			const {exitCode, signal} = await run({
				command: placed.command,
				args: [...placed.before, ...argumentsFor(placed.job)],
				descriptors,
				env: placed.env,
				// It may be killed, and what it leaves must not keep us waiting.
				quiet: true,
				...(place.logByPipe ? {outputFile: path.resolve(job.imageDir, job.log)} : {}),
				...(startWhen ? {startWhen} : {}),
				onStart: (started) => {
					child = started;
				},
			});
			const ms = performance.now() - start;
			const ok = exitCode === 0 && !timedOut;
			if (!ok) onEnd?.();
			await atStage;
			const {imageDir, actionScript} = placed.job;
			const runs = !ok && (await endLeftovers({imageDir, actionScript, operation}, restored));
			return {ok, ms, stage, timedOut, signal, runs};
		});
	} finally {
		clearTimeout(timer);
		placed.close();
	}
}

function causeIn(log: string): Pick<FaultParams['criu-failed'], 'cause' | 'known' | 'lines'> {
	let text: string;
	try {
		text = readLogFile(log);
	} catch (error) {
		return {cause: `no log (${(error as Error).message})`};
	}
	const {known, telling} = readLog(text);
	return {cause: firstCause(text), ...(known ? {known} : {lines: telling.map(({message}) => message)})};
}

/** The known loop that kept it from ending, or the obstacle it met before it stuck. */
function endlessIn(log: string): Pick<FaultParams['criu-timeout'], 'known'> {
	try {
		const {known} = readLog(readLogFile(log));
		// That it was cut short is our own doing.
		return known && known.code !== 'cut-short' ? {known} : {};
	} catch {
		return {};
	}
}
