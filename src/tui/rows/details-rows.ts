import type {FdSnapshot, ProcessSnapshot, Snapshot} from '../../context/model.js';
import {messages} from '../../i18n/index.js';
import {faultSentences} from '../fault-text.js';
import type {ConnectionEntry} from '../selectors.js';
import {type Row, span} from '../spans.js';
import type {Modal} from '../state/modals.js';
import {wrap} from '../text.js';
import {field, list} from './fields.js';

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
		...field(labels.unit, peer?.unit, width),
		...field(labels.desktopId, peer?.desktopId, width),
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
