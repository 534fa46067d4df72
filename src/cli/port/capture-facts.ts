import {type AnnouncedMoment, managerInterface} from '../../dbus/announce/interface.js';
import type {NameTable} from '../../dbus/names.js';
import type {Traffic} from '../../dbus/traffic.js';
import type {BusPeer} from '../../dbus/types.js';
import {WireError} from '../../dbus/wire/error.js';
import {field, Header} from '../../dbus/wire/header.js';
import type {Mark} from '../../tui/traffic/marks.js';

const announced = Buffer.from(managerInterface);
const kinds: Partial<Record<AnnouncedMoment, Mark['kind']>> = {
	Frozen: 'frozen',
	Thawed: 'thawed',
	Aborted: 'aborted',
};

/** What a capture tells beside its messages: who took part, and what was frozen and thawed meanwhile. */
export function captureFacts(traffic: Traffic, names: NameTable): {peers: BusPeer[]; marks: Mark[]} {
	const header = new Header();
	const uniqueNames = new Set<string>();
	const marks: Mark[] = [];
	const {first, end} = traffic.range();
	for (let index = first; index < end; index++) {
		const frame = traffic.frame(index, true);
		if (frame === undefined) continue;
		header.load(frame, 0, frame.length);
		for (const code of [field.sender, field.destination]) {
			const name = header.text(code);
			if (name?.startsWith(':')) uniqueNames.add(name);
		}
		if (header.type === 'signal' && header.is(field.interface, announced)) {
			const mark = markOf(header, index, traffic.get(index)?.at ?? 0);
			if (mark) marks.push(mark);
		}
	}
	return {peers: [...uniqueNames].map((uniqueName) => peerOf(uniqueName, names)), marks};
}

function peerOf(uniqueName: string, names: NameTable): BusPeer {
	const application = names.applicationOf(uniqueName);
	return {
		uniqueName,
		names: [...(application?.names ?? [])],
		queued: [],
		matchRules: null,
		...(application?.program === undefined ? {} : {comm: application.program}),
	};
}

/** Anybody may send a signal of that interface: what does not look as announced is left out. */
function markOf(header: Header, index: number, at: number): Mark | undefined {
	const kind = kinds[header.text(field.member) as AnnouncedMoment];
	if (kind === undefined) return undefined;
	try {
		const [names, uniqueName] = header.body();
		if (!Array.isArray(names) || typeof uniqueName !== 'string') return undefined;
		const [name = uniqueName] = names;
		return {key: String(index), at, kind, name: String(name), uniqueNames: [uniqueName]};
	} catch (error) {
		if (error instanceof WireError) return undefined;
		throw error;
	}
}
