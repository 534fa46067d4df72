import {escapeText} from '../../common/escape.js';
import type {Snapshot} from '../../context/model.js';
import {messages} from '../../i18n/index.js';
import {examine} from '../begin.js';
import {connectionNotes} from '../connection-text.js';
import type {Command} from '../context.js';
import {printJson} from '../report.js';

export const run: Command<{target: string}> = async (context, {target}) => {
	const {snapshot} = await examine(context, target);
	if (context.json) printJson(context, snapshot);
	else context.stdout.write(textOf(snapshot));
	return 0;
};

function textOf({processes, connections}: Snapshot): string {
	const text = messages().cli.snapshot;
	const lines: string[] = [];
	for (const {pid, comm, exe, threads, fds} of processes) {
		lines.push(text.process(pid, comm, exe));
		for (const {tid, comm: name, state = '?', syscall, where, pc} of threads) {
			const place = where ? `${where.symbol ?? where.module}+${where.offset}` : '';
			lines.push(
				`${text.thread(tid, name, state)}  ${[syscall?.name ?? text.running, pc, place].filter(Boolean).join('  ')}`,
			);
		}
		for (const {fd, kind, target, socket} of fds) {
			const peer = socket?.peer;
			const other = peer ? ` ↔ ${[peer.pid, peer.comm, peer.name].filter(Boolean).join(' ')}` : '';
			lines.push(`  fd ${fd} ${kind} ${socket?.name ?? target}${other}`);
		}
	}
	for (const connection of connections) {
		const {uniqueName, names, matchRules} = connection;
		const title = text.connection(uniqueName, names.map((n) => n.name).join(' '));
		lines.push(title + connectionNotes(connection, connections, processes));
		lines.push(`  ${text.rules(matchRules?.length ?? null)}`);
		for (const rule of matchRules ?? []) lines.push(`  ${rule}`);
	}
	return `${lines.map(escapeText).join('\n')}\n`;
}
