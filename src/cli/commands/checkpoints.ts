import fs from 'node:fs';
import path from 'node:path';
import {movedTo} from '../../checkpoint/move/copies.js';
import {isKept, type Standing, standingOf} from '../../checkpoint/standing.js';
import {CheckpointStore, type StoredCheckpoint} from '../../checkpoint/store.js';
import {escapeText} from '../../common/escape.js';
import {Fault} from '../../common/fault.js';
import {messages} from '../../i18n/index.js';
import {KeeperClient} from '../../keeper/client.js';
import {type LeftBehind, leftBehind} from '../../session/repair/left-behind.js';
import {repair} from '../../session/repair/repair.js';
import {repairDropIns} from '../../systemd/drop-in.js';
import type {Command} from '../context.js';
import {faultText, printJson} from '../report.js';
import {renderTable} from '../table.js';
import {titleOf} from './thaw.js';

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
export const remove: Command<{name: string; force?: boolean}> = async (context, {name, force}) => {
	const store = new CheckpointStore(context.stateDir);
	const stored = store.list().find((one) => one.name === name || one.checkpoint.dir === path.resolve(name));
	if (!stored) throw new Fault('no-checkpoint', {path: name, reason: 'not-listed'});
	const {manifest, checkpoint} = stored;
	if (!(manifest instanceof Fault) && isKept(manifest)) {
		// One that was moved away is not lost with this one.
		if (!force && !movedTo(checkpoint))
			throw new Fault('still-frozen', {checkpoint: name}, {processState: 'frozen'});
		const client = await KeeperClient.connect(checkpoint.dir);
		await client.release().finally(() => client.close());
	}
	store.remove(stored);
	if (context.json) printJson(context, {ok: true, removed: name});
	else context.stderr.write(`${escapeText(messages().cli.checkpoints.removed(name))}\n`);
	return 0;
};

/** What a crash has left is put right; nothing that a living keeper owns is touched, and nothing frozen is given up. */
export const repairAll: Command<Record<string, never>> = async (context) => {
	const store = new CheckpointStore(context.stateDir);
	const repaired: Repaired[] = [];
	for (const {name, checkpoint} of store.list()) {
		const found = await repair(checkpoint);
		if (found.length > 0) repaired.push({name, dir: checkpoint.dir, repaired: found});
	}
	for (const link of store.danglingLinks()) {
		fs.rmSync(link);
		repaired.push({name: path.basename(link), dir: link, repaired: ['dangling-link']});
	}
	const units = await repairDropIns();
	if (context.json) printJson(context, {ok: true, repaired, units, checkpoints: store.list().map(asJson)});
	else context.stderr.write(`${repairText(repaired, units, store.list()).map(escapeText).join('\n')}\n`);
	return 0;
};

interface Repaired {
	name: string;
	dir: string;
	repaired: Array<LeftBehind | 'dangling-link'>;
}

function repairText(
	repaired: readonly Repaired[],
	units: readonly string[],
	stored: readonly StoredCheckpoint[],
): string[] {
	const text = messages().cli.checkpoints;
	const standing = (wanted: Standing) =>
		stored.filter(({manifest}) => !(manifest instanceof Fault) && standingOf(manifest) === wanted);
	return [
		...(repaired.length + units.length === 0 ? [text.nothingToRepair] : []),
		...repaired.map(({name, repaired: found}) => text.repaired(name, found.map(leftBehindText))),
		...units.map((name) => messages().unit.repaired(name)),
		...standing('keeper-gone').map(({name}) => text.remains(name)),
		...standing('given-up').map(({name}) => messages().unit.givenUpRemains(name)),
	];
}

/** What was left, as words. */
export function leftBehindText(what: LeftBehind | 'dangling-link'): string {
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
		pid: target.pid,
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
	const moved = movedTo(checkpoint);
	return [
		name,
		moved ? messages().cli.move.movedState(moved.to) : stateText(standingOf(manifest)),
		String(manifest.target.pid),
		titleOf(manifest),
		manifest.createdAt.slice(0, 19).replace('T', ' '),
	].map(escapeText);
}

function stateText(standing: Standing): string {
	const text = messages().cli.checkpoints;
	if (standing === 'keeper-gone') return text.keeperGone;
	if (standing === 'given-up') return messages().unit.givenUp;
	if (standing === 'connection-gone') return text.connectionGone;
	if (standing === 'still-runs') return text.stillRuns;
	return text.states[standing] ?? standing;
}
