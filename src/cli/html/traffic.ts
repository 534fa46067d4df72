import type {Manifest} from '../../checkpoint/manifest.js';
import {readCapture} from '../../dbus/capture/read.js';
import {field, type Header} from '../../dbus/wire/header.js';
import {bodyText} from '../../dbus/wire/text.js';
import type {ReportMessage, ReportTraffic} from './report.js';

/** Before the process stopped and after it ran again, milliseconds. */
const aroundMs = 5000;
/** More rows say no more, and make a page that no browser likes. */
const maximumMessages = 500;

/** The messages of a capture around the freeze. Throws Fault `bad-capture`. */
export async function trafficAround(
	file: string,
	{target, connections, stoppedAt, resumedAt}: Manifest,
	withBodies: boolean,
): Promise<ReportTraffic> {
	const names = new Set([...target.names, ...connections.map(({uniqueName}) => uniqueName)]);
	const from = (stoppedAt ?? 0) - aroundMs;
	const to = (resumedAt ?? Number.POSITIVE_INFINITY) + aroundMs;
	const messages: ReportMessage[] = [];
	let more = 0;
	await readCapture(file, {
		onMessage(header, at) {
			if (at < from || at > to) return;
			if (messages.length < maximumMessages) messages.push(messageOf(header, at, names, withBodies));
			else more++;
		},
	});
	return {messages, more};
}

function messageOf(
	header: Header,
	at: number,
	names: ReadonlySet<string>,
	withBodies: boolean,
): ReportMessage {
	const text = (code: number) => header.text(code) ?? '';
	const sender = text(field.sender);
	const destination = text(field.destination);
	const member = [text(field.interface), text(field.member)].filter(Boolean).join('.');
	return {
		at,
		type: header.type ?? '',
		sender,
		destination,
		what: text(field.errorName) || member,
		path: text(field.path),
		bytes: header.end - header.start,
		ofTarget: names.has(sender) || names.has(destination),
		...(withBodies ? {body: bodyOf(header)} : {}),
	};
}

/** A body that cannot be decoded is of no use to anybody. */
function bodyOf(header: Header): string {
	try {
		return bodyText(header.body());
	} catch {
		return '';
	}
}
