import type {BodyNode} from '../../dbus/body-tree.js';
import type {MessageInspection} from '../../dbus/inspect.js';
import type {TrafficMessage} from '../../dbus/types.js';
import {messages} from '../../i18n/index.js';
import type {TrafficFeed} from '../port.js';
import {field, list} from '../rows/fields.js';
import {type Row, span} from '../spans.js';
import {formatBytes, formatMs, formatTime} from '../text.js';
import {answerOf} from './answers.js';
import {bodyRows} from './body-rows.js';
import {hexRows} from './hex-rows.js';

/** Every header field, the body value by value, and the bytes as they were on the wire. */
export function messageDetails(
	message: TrafficMessage,
	inspection: MessageInspection | undefined,
	feed: TrafficFeed,
	width: number,
): Row[] {
	const text = messages().screen.message;
	const {labels} = text;
	// What was called stands with the answer, which does not say it itself.
	const call = message.type === 'return' || message.type === 'error' ? feed.pair(message) : undefined;
	const {size} = message;
	const rows = [
		...field(labels.type, `${text.types[message.type]}${flagsText(inspection)}`, width),
		...field(labels.time, formatTime(message.at, true), width),
		...field(labels.sender, partyText(message.sender, feed), width),
		...(message.destination === undefined
			? receiverRows(message, feed, width)
			: field(labels.destination, partyText(message.destination, feed), width)),
		...field(labels.path, message.path ?? call?.path, width),
		...field(labels.interface, message.interface ?? call?.interface, width),
		...field(labels.member, message.member ?? call?.member, width),
		...field(labels.errorName, message.errorName, width),
		...field(labels.serial, message.serial, width),
		...field(labels.replySerial, message.replySerial, width),
		...field(labels.answer, answerText(message, feed), width),
		...field(labels.descriptors, message.fds || undefined, width),
	];
	if (!inspection)
		return [
			...rows,
			...field(labels.size, formatBytes(size), width),
			...field(labels.body, text.gone, width),
		];
	const {headerBytes, bodyBytes, littleEndian, otherFields, raw} = inspection;
	const sizes = text.size(formatBytes(headerBytes), formatBytes(bodyBytes));
	const order = littleEndian ? text.littleEndian : text.bigEndian;
	return [
		...rows,
		...otherFields.flatMap(({code, value}) => field(labels.otherField(code), nodeText(value), width)),
		...field(labels.size, `${formatBytes(size)} (${sizes}) · ${order}`, width),
		[],
		[
			span(labels.body, 'strong'),
			span(message.signature === undefined ? '' : `  ${message.signature}`, 'dim'),
		],
		...(inspection.masked ? [[span(text.masked, 'warn')]] : []),
		...bodyRows(message, inspection, width),
		[],
		[span(labels.raw, 'strong')],
		...hexRows(raw, size, width),
	];
}

/** `:1.7  org.example.Name  program 1203  name.service  has left`. */
function partyText(name: string | undefined, feed: TrafficFeed): string | undefined {
	const application = name?.startsWith(':') ? feed.applicationOf(name) : undefined;
	if (name === undefined || !application) return name;
	const text = messages().screen.message;
	const {names, program, pid, uid, unit, desktopId, left} = application;
	return [
		name,
		...names,
		pid === undefined ? program : text.process(program ?? '', pid),
		unit,
		desktopId && `${desktopId}.desktop`,
		uid === undefined ? undefined : text.uid(uid),
		left ? text.left : undefined,
	]
		.filter((part) => part !== undefined && part !== '')
		.join('  ');
}

function receiverRows(message: TrafficMessage, feed: TrafficFeed, width: number): Row[] {
	const text = messages().screen.message;
	const {labels} = text;
	const receivers = feed.receivers(message);
	if (receivers === undefined) {
		return field(labels.receivers, `${text.broadcast} (${text.receiversUnknown})`, width);
	}
	if (receivers.length === 0) return field(labels.receivers, text.noReceivers, width);
	return list(
		labels.receivers,
		receivers.map((name) => partyText(name, feed) ?? name),
		width,
	);
}

function answerText(message: TrafficMessage, feed: TrafficFeed): string | undefined {
	const text = messages().screen.message;
	const elapsed = feed.elapsed(message);
	if (message.type !== 'call') return elapsed === undefined ? undefined : text.answered(formatMs(elapsed));
	const answer = answerOf(message, feed);
	switch (answer?.kind) {
		case 'answered':
			return text.answered(formatMs(answer.ms));
		case 'waiting':
			return text.waiting(formatMs(answer.ms));
		case 'unanswered':
			return text.unanswered(formatMs(answer.ms));
		case 'not-wanted':
			return text.notWanted;
		default:
			return undefined;
	}
}

function flagsText(inspection: MessageInspection | undefined): string {
	if (!inspection) return '';
	const text = messages().screen.message;
	const {flags, unknownFlags} = inspection;
	const words = flags.map((name) => text.flags[name]);
	if (unknownFlags > 0) words.push(text.unknownFlags(`0x${unknownFlags.toString(16)}`));
	return words.length === 0 ? '' : ` · ${words.join(' · ')}`;
}

function nodeText({type, text, hex, children}: BodyNode): string {
	return `${type} ${text ?? hex ?? `[${(children ?? []).map(nodeText).join(', ')}]`}`;
}
