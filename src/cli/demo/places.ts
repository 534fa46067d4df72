import type {CodePlace, Moment, Snapshot, ThreadSnapshot} from '../../context/model.js';
import {messages} from '../../i18n/index.js';

const moments = ['before', 'image', 'pre-resume', 'after'] as const satisfies Moment[];

/** For each thread its program counter at every moment, one line each. */
export function placeRows(snapshots: Partial<Record<Moment, Snapshot>>): string[] {
	const text = messages().cli.demo;
	const rows: string[] = [];
	for (const process of snapshots.before?.processes ?? []) {
		for (const {tid, comm} of process.threads) {
			rows.push(text.thread(tid, comm));
			for (const moment of moments) {
				const thread = threadIn(snapshots[moment], tid);
				if (thread) rows.push(text.place(text.moments[moment], placeOf(thread)));
			}
		}
	}
	return rows;
}

function threadIn(snapshot: Snapshot | undefined, tid: number): ThreadSnapshot | undefined {
	return snapshot?.processes.flatMap((p) => p.threads).find((thread) => thread.tid === tid);
}

function placeOf({pc, where, syscall}: ThreadSnapshot): string {
	return [pc ?? '', where ? placeText(where) : '', syscall ? `${syscall.name}()` : '']
		.filter(Boolean)
		.join('  ');
}

function placeText({module, symbol, offset}: CodePlace): string {
	const file = module.slice(module.lastIndexOf('/') + 1);
	return symbol ? `${symbol}+${offset} (${file})` : `${file}+${offset}`;
}
