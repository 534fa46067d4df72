import {NameTable} from '../names.js';
import {learnOwner} from '../owners.js';
import {Traffic, type TrafficSettings} from '../traffic.js';
import {longestName} from '../wire/header.js';
import {type CaptureSummary, readCapture} from './read.js';

export interface OpenOptions extends Omit<TrafficSettings, 'infersOwners'> {
	/** After each piece of the file, so that a screen can show how it grows. */
	onChunk?(): void | Promise<void>;
}

/** A capture in memory, to be looked at like live traffic. Of a longer one the newest messages stay. */
export interface OpenedCapture {
	traffic: Traffic;
	summary: CaptureSummary;
}

/** Reads a whole capture. Throws Fault `bad-capture`. */
export async function openCapture(path: string, options: OpenOptions = {}): Promise<OpenedCapture> {
	const {names = new NameTable(), onChunk} = options;
	const traffic = new Traffic({...options, names, infersOwners: true});
	traffic.set({mode: 'capture'});
	const summary = await readCapture(path, {
		onMessage: (header, at) => traffic.add(header, at),
		onName: (uniqueName, name) => learnName(names, uniqueName, name),
		...(onChunk === undefined ? {} : {onChunk}),
	});
	return {traffic, summary};
}

/** A name with a dot is one on the bus, any other the program's. */
export function learnName(names: NameTable, uniqueName: string, name: string): void {
	if (name.length > longestName || uniqueName.length > longestName) return;
	if (!uniqueName.startsWith(':') || name === uniqueName || names.nameOf(uniqueName) === name) return;
	if (name.includes('.')) learnOwner(names, name, uniqueName);
	else names.learn({uniqueName, comm: name});
}
