import {escapeText} from '../../common/escape.js';
import type {FdSnapshot, ProcessSnapshot, Snapshot} from '../../context/model.js';
import type {TrafficMessage} from '../../dbus/types.js';
import {messages} from '../../i18n/index.js';
import {faultSentences} from '../fault-text.js';
import type {TrafficFeed} from '../port.js';
import type {ConnectionEntry} from '../selectors.js';
import {type Row, span} from '../spans.js';
import type {Modal} from '../state/modals.js';
import {formatBytes, formatMs, formatTime, pad, widthOf, wrap} from '../text.js';

/** `label  value`, wrapped; nothing for an absent value. The value is escaped here. */
function field(label: string, value: string | number | undefined, width: number): Row[] {
	if (value === undefined || value === '') return [];
	const indent = Math.max(14, widthOf(label) + 2);
	return wrap(escapeText(String(value)), width - indent).map((line, i) => [
		span(pad(i === 0 ? label : '', indent), 'dim'),
		span(line),
	]);
}

function list(label: string, values: readonly string[], width: number): Row[] {
	return values.flatMap((value, i) => field(i === 0 ? label : '', value, width));
}

export function connectionDetails(
	modal: Extract<Modal, {kind: 'connection'}>,
	entry: ConnectionEntry | undefined,
	width: number,
): Row[] {
	const {labels, loading, unknown} = messages().screen.details;
	const {snapshot, fault} = modal;
	const peer = entry?.peer;
	const connection = snapshot?.connections.find(({uniqueName}) => uniqueName === modal.uniqueName);
	const rules = peer?.matchRules ?? connection?.matchRules ?? null;
	const rows: Row[] = [
		...field(labels.uniqueName, modal.uniqueName, width),
		...list(labels.names, entry?.names ?? [], width),
		...list(labels.queuedNames, peer?.queued ?? [], width),
		...field(labels.process, peer?.pid === undefined ? undefined : `${peer.pid} ${peer.comm ?? ''}`, width),
		...field(labels.checkpoint, entry?.frozen?.checkpoint, width),
		...(rules === null ? field(labels.rules, unknown, width) : list(labels.rules, rules, width)),
	];
	if (snapshot) return [...rows, ...snapshotRows(snapshot, width)];
	if (!fault) return [...rows, [], [span(loading, 'dim')]];
	const {message, hint} = faultSentences(fault);
	return [...rows, [], ...wrap(`${message} ${hint}`, width).map((line): Row => [span(line, 'warn')])];
}

function snapshotRows(snapshot: Snapshot, width: number): Row[] {
	return snapshot.processes.flatMap((process) => [[], ...processRows(process, width)]);
}

function processRows(process: ProcessSnapshot, width: number): Row[] {
	const {labels} = messages().screen.details;
	const {credentials} = process;
	return [
		...field(labels.process, `${process.pid} ${process.comm}`, width),
		...field(labels.exe, process.exe, width),
		...field(labels.command, process.cmdline.join(' '), width),
		...field(labels.directory, process.cwd, width),
		...field(labels.user, credentials && `${credentials.uid}, ${credentials.gid}`, width),
		...field(labels.capabilities, credentials?.capEff, width),
		...list(
			labels.threads,
			process.threads.map((thread) => {
				const {where, pc, tid, comm, state, syscall} = thread;
				const at = where ? `${where.symbol ?? where.module.split('/').at(-1)}+${where.offset}` : '';
				return [tid, comm, state ?? '', syscall ? `${syscall.name}()` : '', pc ?? '', at]
					.filter(Boolean)
					.join('  ');
			}),
			width,
		),
		...list(labels.fds, process.fds.map(describeFd), width),
	];
}

function describeFd({fd, kind, target, socket, held}: FdSnapshot): string {
	const peer =
		socket?.peer && [socket.peer.comm, socket.peer.pid, socket.peer.name].filter(Boolean).join(' ');
	const what = socket
		? `${socket.family} ${socket.type} ${socket.name ?? ''}${peer ? ` ⇄ ${peer}` : ''}`
		: target;
	return `${fd}  ${kind}  ${what}${held ? `  (${messages().screen.context.held})` : ''}`;
}

export function messageDetails(
	message: TrafficMessage,
	body: string | undefined,
	feed: TrafficFeed,
	width: number,
): Row[] {
	const text = messages().screen.details;
	const {labels} = text;
	const party = (name: string | undefined) =>
		name === undefined ? undefined : name.startsWith(':') ? `${name}  ${feed.nameOf(name)}` : name;
	const call = message.type === 'return' || message.type === 'error' ? feed.pair(message) : undefined;
	const elapsed = feed.elapsed(message);
	return [
		...field(labels.type, text.types[message.type], width),
		...field(labels.time, formatTime(message.at, true), width),
		...field(labels.sender, party(message.sender), width),
		...field(labels.destination, party(message.destination) ?? text.broadcast, width),
		...field(labels.path, message.path ?? call?.path, width),
		...field(labels.interface, message.interface ?? call?.interface, width),
		...field(labels.member, message.member ?? call?.member, width),
		...field(labels.errorName, message.errorName, width),
		...field(labels.serial, message.serial, width),
		...field(labels.replySerial, message.replySerial, width),
		...field(labels.elapsed, elapsed === undefined ? undefined : formatMs(elapsed), width),
		...field(labels.signature, message.signature, width),
		...field(labels.descriptors, message.fds || undefined, width),
		...field(labels.size, formatBytes(message.size), width),
		...field(labels.flags, message.noReply ? text.noReply : undefined, width),
		...(body === undefined
			? field(labels.body, text.bodyUnknown, width)
			: list(labels.body, (body || text.bodyEmpty).split('\n'), width)),
	];
}
