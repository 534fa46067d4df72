import path from 'node:path';
import {escapeText} from '../../common/escape.js';
import {Fault} from '../../common/fault.js';
import {openCapture} from '../../dbus/capture/open.js';
import type {CaptureSummary} from '../../dbus/capture/read.js';
import {NameTable} from '../../dbus/names.js';
import type {Traffic, TrafficSettings} from '../../dbus/traffic.js';
import type {CheckpointsFeed} from '../../tui/checkpoints/feed.js';
import type {ConnectionFeed, Port, TrafficFeed} from '../../tui/port.js';
import type {Mark} from '../../tui/traffic/marks.js';
import type {CommandContext} from '../context.js';
import {captureFacts} from './capture-facts.js';
import {SavedFilters} from './saved-filters.js';
import {RecordedTraffic} from './traffic-feed.js';

/** How a capture is looked at. */
export interface CaptureSettings extends Required<Pick<TrafficSettings, 'limits' | 'secrets'>> {
	/** What the filter of the traffic is at the beginning. */
	filter: string;
	/** Bodies that may hold secrets are not masked. */
	showSecrets: boolean;
}

/** A capture as the screen sees it: traffic of the past, and nothing that could be frozen. */
export class CapturePort implements Port {
	readonly busLabel: string;
	readonly readOnly = true;
	readonly endsWithScreen = false;
	readonly checkpoints: CheckpointsFeed = {
		list: notHere,
		look: notHere,
		review: notHere,
		suggestedFile: () => '',
		pack: notHere,
		send: notHere,
		remove: notHere,
		repair: notHere,
	};
	readonly connections: ConnectionFeed;
	readonly traffic: TrafficFeed;
	readonly filter: string;
	readonly marks: readonly Mark[];
	readonly filters: Port['filters'];
	readonly saveFilter: Port['saveFilter'];

	private constructor(
		context: CommandContext,
		file: string,
		traffic: Traffic,
		names: NameTable,
		readonly summary: CaptureSummary,
		{filter, showSecrets}: CaptureSettings,
	) {
		this.filter = filter;
		const {peers, marks} = captureFacts(traffic, names);
		this.busLabel = escapeText(path.basename(file));
		this.marks = marks;
		this.traffic = new RecordedTraffic(traffic, names, () => peers, showSecrets);
		this.connections = {
			current: () => peers,
			onChange: () => () => {},
			details: notHere,
		};
		const saved = new SavedFilters(context.env);
		this.filters = () => saved.all();
		this.saveFilter = (name, text) => saved.save(name, text);
	}

	/** Reads the whole file; of a long one the newest messages stay in memory. Throws `bad-capture`. */
	static async open(context: CommandContext, file: string, settings: CaptureSettings): Promise<CapturePort> {
		const names = new NameTable();
		const {traffic, summary} = await openCapture(file, {...settings, names});
		return new CapturePort(context, file, traffic, names, summary, settings);
	}

	async frozen(): Promise<[]> {
		return [];
	}

	thawCommand(): string {
		return '';
	}

	preflight = notHere;
	freeze = notHere;
	attach = notHere;
}

function notHere(): Promise<never> {
	return Promise.reject(new Fault('not-live', {}));
}
