import type {Manifest} from '../../checkpoint/manifest.js';
import type {Operation} from '../../session/events.js';
import type {Comparison} from '../comparison.js';

/** All that the page shows. Strings are as they came; the page escapes them. */
export interface Report extends Comparison {
	/** Absent when two snapshot files are compared. */
	manifest?: Manifest;
	stages: ReportStage[];
	traffic?: ReportTraffic;
	/** Of this program. */
	version: string;
	/** ISO 8601. */
	madeAt: string;
	/** Show arguments and values of environment variables. */
	withEnvironment: boolean;
}

export interface ReportStage {
	operation: Operation;
	name: string;
	/** Milliseconds of work until it was reached. */
	ms: number;
	/** Wall clock when it was reached, milliseconds since the epoch. */
	at: number;
}

export interface ReportTraffic {
	messages: ReportMessage[];
	/** Further messages in the same time that are not in the page. */
	more: number;
}

export interface ReportMessage {
	/** Wall clock, milliseconds since the epoch. */
	at: number;
	type: string;
	sender: string;
	destination: string;
	/** `interface.member`, or the error's name. */
	what: string;
	path: string;
	bytes: number;
	/** To or from the service that was frozen. */
	ofTarget: boolean;
	/** Only when asked for. */
	body?: string;
}
