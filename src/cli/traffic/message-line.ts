import {escapeText} from '../../common/escape.js';
import {WireError} from '../../dbus/wire/error.js';
import {field, type Header} from '../../dbus/wire/header.js';
import {bodyJson, jsonString} from '../../dbus/wire/json.js';

/** What a line tells beside the message itself. */
export interface LineFacts {
	/** Counts the messages seen, from 0. */
	index: number;
	/** Milliseconds since the epoch. */
	at: number;
	/** Milliseconds between the call and this reply. */
	elapsed?: number | undefined;
	/** The member that was called, when this is a reply. */
	member?: string | undefined;
	/** The arguments as text, safe to print; instead of the signature. */
	body?: string | undefined;
	/** The body is masked. */
	secret?: boolean | undefined;
	nameOf(uniqueName: string): string;
}

const unsafe = /[^\x20-\x7e→≋✔✘×]/;

/** `12:01:33.120  dbus-send → org.example.Counter  Get(s)  144 B`, escaped. */
export function humanLine(header: Header, facts: LineFacts): string {
	const destination = header.text(field.destination);
	const from = facts.nameOf(header.text(field.sender) ?? '?');
	const to = destination === undefined ? '' : ` → ${facts.nameOf(destination)}`;
	const fds = header.fds === 0 ? '' : `  ${header.fds} fd`;
	const elapsed = facts.elapsed === undefined ? '' : `  ${milliseconds(facts.elapsed)}`;
	const size = header.end - header.start;
	const line = `${clockText(facts.at)}  ${from}${to}  ${what(header, facts)}${elapsed}${fds}  ${size} B`;
	return unsafe.test(line) ? escapeText(line) : line;
}

function what(header: Header, {member: called = '', body}: LineFacts): string {
	const inside = body ?? header.text(field.signature) ?? '';
	switch (header.type) {
		case 'return':
			return body === undefined ? `✔ ${called}` : `✔ ${called}(${inside})`;
		case 'error':
			return `✘ ${called} ${header.text(field.errorName) ?? ''}${body === undefined ? '' : ` ${inside}`}`;
		default:
			return `${header.type === 'signal' ? '≋ ' : ''}${header.text(field.member) ?? ''}(${inside})`;
	}
}

/** Bytes of a body that a line has at most; the capture of `--pcap` has all. */
const largestBody = 8 * 1024 * 1024;

/** One JSON object: the fields of TrafficMessage, names, elapsed time, and the whole body. */
export function jsonLine(header: Header, facts: LineFacts): string {
	const sender = header.text(field.sender);
	const destination = header.text(field.destination);
	const text = (key: string, value: string | undefined): string =>
		value === undefined ? '' : `,"${key}":${jsonString(value)}`;
	const number = (key: string, value: number | undefined): string =>
		value === undefined ? '' : `,"${key}":${value}`;
	return [
		`{"index":${facts.index},"at":${facts.at},"type":"${header.type}","serial":${header.serial}`,
		`,"fds":${header.fds},"size":${header.end - header.start},"noReply":${header.noReply}`,
		number('replySerial', header.replySerial || undefined),
		text('sender', sender),
		text('destination', destination),
		text('path', header.text(field.path)),
		text('interface', header.text(field.interface)),
		text('member', header.text(field.member)),
		text('errorName', header.text(field.errorName)),
		text('signature', header.text(field.signature)),
		text('senderName', sender && facts.nameOf(sender)),
		text('destinationName', destination && facts.nameOf(destination)),
		number('elapsedMs', facts.elapsed && Math.round(facts.elapsed * 1000) / 1000),
		facts.secret ? ',"masked":true' : '',
		jsonBody(header),
		'}',
	].join('');
}

/** `bodyError` instead of `body` when the bytes do not fit their signature, `bodyOmitted` when they are too many. */
function jsonBody(header: Header): string {
	const size = header.end - header.bodyStart;
	if (size > largestBody) return `,"bodyOmitted":${size}`;
	try {
		return `,"body":${bodyJson(header)}`;
	} catch (error) {
		if (error instanceof WireError) return `,"bodyError":${jsonString(error.message)}`;
		throw error;
	}
}

function milliseconds(value: number): string {
	return `${value < 100 ? value.toFixed(1) : Math.round(value)} ms`;
}

let lastAt = Number.NaN;
let lastText = '';

/** Local time of day. Messages of one read share their stamp, so the last text is kept. */
function clockText(at: number): string {
	if (at === lastAt) return lastText;
	const time = new Date(at);
	const two = (part: number): string => String(part).padStart(2, '0');
	const seconds = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
	lastAt = at;
	lastText = `${seconds}.${String(time.getMilliseconds()).padStart(3, '0')}`;
	return lastText;
}
