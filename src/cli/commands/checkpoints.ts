import {movedTo} from '../../checkpoint/move/copies.js';
import {pidHere} from '../../checkpoint/numbers.js';
import {standingOf} from '../../checkpoint/standing.js';
import {CheckpointStore, type StoredCheckpoint} from '../../checkpoint/store.js';
import {escapeText} from '../../common/escape.js';
import {Fault} from '../../common/fault.js';
import {messages} from '../../i18n/index.js';
import {standingText} from '../../i18n/standing-text.js';
import {type LeftBehind, leftBehind} from '../../session/repair/left-behind.js';
import {removeCheckpoint} from '../checkpoints/remove.js';
import {repairLines, repairStore} from '../checkpoints/repair.js';
import type {Command} from '../context.js';
import {faultText, printJson} from '../report.js';
import {renderTable} from '../table.js';
import {titleOf} from '../title.js';

/** What is frozen, and what was: newest last. */
export const run: Command<Record<string, never>> = async (context) => {
	const stored = new CheckpointStore(context.stateDir).list();
	if (context.json) {
		printJson(context, {ok: true, checkpoints: stored.map(asJson)});
		return 0;
	}
	const text = messages().cli.checkpoints;
	if (stored.length === 0) context.stderr.write(`${text.none}\n`);
	else {
		const columns = text.header.map((title, i) => (i === 0 || i === 3 ? {title, least: 12} : {title}));
		context.stdout.write(`${renderTable(columns, stored.map(asRow), context.stdout.columns)}\n`);
	}
	return 0;
};

/** Deletes one. A frozen process would be lost by it: only with `force`, and then its keeper lets go first. */
export const remove: Command<{name: string; force?: boolean}> = async (context, {name, force = false}) => {
	await removeCheckpoint(new CheckpointStore(context.stateDir), name, force);
	if (context.json) printJson(context, {ok: true, removed: name});
	else context.stderr.write(`${escapeText(messages().cli.checkpoints.removed(name))}\n`);
	return 0;
};

/** What a crash has left is put right; nothing that a living keeper owns is touched, and nothing frozen is given up. */
export const repairAll: Command<Record<string, never>> = async (context) => {
	const store = new CheckpointStore(context.stateDir);
	const repaired = await repairStore(store);
	if (context.json) printJson(context, {ok: true, repaired, checkpoints: store.list().map(asJson)});
	else context.stderr.write(`${repairLines(repaired, store).map(escapeText).join('\n')}\n`);
	return 0;
};

/** What was left, as words. */
export function leftBehindText(what: LeftBehind | 'dangling-link' | 'unit-settings'): string {
	return messages().cli.checkpoints.leftBehind[what];
}

function asJson({name, checkpoint, manifest}: StoredCheckpoint) {
	if (manifest instanceof Fault)
		return {name, dir: checkpoint.dir, state: 'unreadable', error: faultText(manifest).message};
	const {target, createdAt, keeper, portable, unit} = manifest;
	const left = leftBehind(checkpoint, manifest);
	const moved = movedTo(checkpoint);
	return {
		name,
		dir: checkpoint.dir,
		state: standingOf(manifest),
		pid: pidHere(manifest),
		uniqueName: target.uniqueName,
		names: target.names,
		comm: target.comm,
		createdAt,
		portable,
		keeperPid: keeper?.pid ?? null,
		...(unit ? {unit: unit.name} : {}),
		...(moved ? {movedTo: moved.to} : {}),
		...(left.length > 0 ? {leftBehind: left} : {}),
	};
}

function asRow({name, checkpoint, manifest}: StoredCheckpoint): string[] {
	const text = messages().cli.checkpoints;
	if (manifest instanceof Fault) return [name, text.unreadable, '', '', ''].map(escapeText);
	return [
		name,
		standingText(standingOf(manifest), movedTo(checkpoint)?.to),
		String(pidHere(manifest)),
		titleOf(manifest),
		manifest.createdAt.slice(0, 19).replace('T', ' '),
	].map(escapeText);
}
