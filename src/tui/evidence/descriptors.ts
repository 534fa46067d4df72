import type {FdSnapshot, SocketSnapshot} from '../../context/model.js';
import {messages} from '../../i18n/index.js';
import type {Row} from '../spans.js';
import type {Comparison} from '../state/state.js';
import {heading, keyed, markAt, pairRow, processPairs} from './pairs.js';
import type {Block} from './sections.js';

/** Every descriptor: what it is, its flags and position, what it counts or watches. */
export function fdBlocks(comparison: Comparison, width: number): Block[] {
	return descriptorBlocks(
		comparison,
		() => true,
		(path, before, after) => [row(comparison, path, fdName(before ?? after), [before, after], fdText, width)],
	);
}

/** Sockets with what is behind them and their options. */
export function socketBlocks(comparison: Comparison, width: number): Block[] {
	return descriptorBlocks(
		comparison,
		({kind}) => kind === 'socket',
		(path, before, after) => {
			const at = `${path}/socket`;
			const sockets = [before?.socket, after?.socket] as const;
			const names = new Set(sockets.flatMap((socket) => Object.keys(socket?.options ?? {})));
			const flags = row(comparison, `${path}/flags`, 'flags', [before, after], (fd) => fd.flags, width);
			return [
				row(comparison, at, fdName(before ?? after), sockets, socketText, width),
				flags,
				...[...names].map((name) =>
					row(
						comparison,
						`${at}/options/${name}`,
						`  ${name}`,
						sockets,
						(socket) => socket.options?.[name]?.toString(),
						width,
					),
				),
			];
		},
	);
}

function descriptorBlocks(
	comparison: Comparison,
	wanted: (fd: FdSnapshot) => boolean,
	rowsOf: (path: string, before: FdSnapshot | undefined, after: FdSnapshot | undefined) => Row[],
): Block[] {
	const {labels} = messages().evidence;
	return processPairs(comparison).flatMap(({pid, before, after}) => [
		{path: `processes/${pid}/fds`, rows: [heading(labels.process({pid}))]},
		...keyed(before?.fds.filter(wanted), after?.fds.filter(wanted), ({fd}) => fd).map(({key, ...fd}) => {
			const path = `processes/${pid}/fds/${key}`;
			return {path, rows: rowsOf(path, fd.before, fd.after)};
		}),
	]);
}

function row<T>(
	{differences}: Comparison,
	path: string,
	label: string,
	[before, after]: readonly [before: T | undefined, after: T | undefined],
	textOf: (one: T) => string | undefined,
	width: number,
): Row {
	const values = [before && textOf(before), after && textOf(after)] as const;
	return pairRow(label, markAt(differences, path), values, width);
}

const fdName = (fd: FdSnapshot | undefined): string => (fd ? `fd ${fd.fd} ${fd.kind}` : '');

function fdText({target, flags, pos, count, timer, watches, signals}: FdSnapshot): string {
	return [
		target,
		flags,
		pos === undefined ? '' : `@${pos}`,
		count === undefined ? '' : `count ${count}`,
		timer ? `clock ${timer.clock} ${timer.value.toFixed(3)}/${timer.interval} s, ${timer.ticks} unread` : '',
		watches ? `watches ${watches.map(({fd}) => fd).join(' ')}` : '',
		signals === undefined ? '' : `signals ${signals}`,
	]
		.filter(Boolean)
		.join(' ');
}

function socketText({family, type, state, name, peer, unread, unsent}: SocketSnapshot): string {
	const other = peer && [peer.comm, peer.name ?? (peer.inode && `[${peer.inode}]`)].filter(Boolean).join(' ');
	return [
		`${family} ${type} ${state}`.trim(),
		name ?? '',
		other ? `⇄ ${other}` : '',
		unread ? `${unread} unread` : '',
		unsent ? `${unsent} unsent` : '',
	]
		.filter(Boolean)
		.join(' ');
}
