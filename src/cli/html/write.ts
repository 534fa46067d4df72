import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {resolve} from 'node:path';
import type {Checkpoint} from '../../checkpoint/folder.js';
import {readJournal} from '../../checkpoint/journal.js';
import type {Manifest} from '../../checkpoint/manifest.js';
import {Fault} from '../../common/fault.js';
import type {SessionEvent} from '../../session/events.js';
import type {Comparison} from '../comparison.js';
import {reportPage} from './page.js';
import type {Report, ReportStage, ReportTraffic} from './report.js';
import {trafficAround} from './traffic.js';

export interface ReportOptions {
	/** The file to write. */
	html?: string;
	/** A capture of what was on the bus around the freeze; by default the one that the checkpoint has. */
	capture?: string;
	withBodies?: boolean;
	withEnvironment?: boolean;
}

/** Writes the report, for its owner only. Throws `output-unwritable`, or what is wrong with the capture. */
export async function writeReport(
	file: string,
	comparison: Comparison,
	checkpoint: Checkpoint | undefined,
	{capture, withBodies = false, withEnvironment = false}: ReportOptions,
): Promise<void> {
	const manifest = checkpoint?.readManifest();
	const traffic = manifest && (await trafficOf(capture ?? savedCapture(checkpoint), manifest, withBodies));
	const report: Report = {
		...comparison,
		...(manifest && {manifest}),
		stages: checkpoint ? stagesOf(readJournal<SessionEvent>(checkpoint.journal)) : [],
		...(traffic && {traffic}),
		version: ourVersion(),
		madeAt: new Date().toISOString(),
		withEnvironment,
	};
	try {
		writeFileSync(file, reportPage(report), {mode: 0o600});
	} catch (error) {
		const {code, message} = error as NodeJS.ErrnoException;
		throw new Fault('output-unwritable', {path: file, reason: code ?? message}, {cause: error});
	}
}

/** What `freeze --capture` has left. */
function savedCapture(checkpoint: Checkpoint | undefined): string | undefined {
	return checkpoint && existsSync(checkpoint.capture) ? checkpoint.capture : undefined;
}

async function trafficOf(
	file: string | undefined,
	manifest: Manifest,
	withBodies: boolean,
): Promise<ReportTraffic | undefined> {
	return file === undefined ? undefined : trafficAround(file, manifest, withBodies);
}

/** Those of the last freeze and the last thaw: an operation that is begun again drops its former stages. */
function stagesOf(events: readonly SessionEvent[]): ReportStage[] {
	let stages: ReportStage[] = [];
	for (const event of events) {
		if (event.type === 'started') stages = stages.filter(({operation}) => operation !== event.operation);
		if (event.type !== 'stage-reached') continue;
		const {operation, stage: name, ms, at} = event;
		stages.push({operation, name, ms, at});
	}
	return stages;
}

function ourVersion(): string {
	const file = resolve(import.meta.dirname, '../../../package.json');
	return (JSON.parse(readFileSync(file, 'utf8')) as {version: string}).version;
}
