import fs from 'node:fs';
import path from 'node:path';
import {isOwned} from '../../checkpoint/owner.js';
import {standingOf} from '../../checkpoint/standing.js';
import {CheckpointStore} from '../../checkpoint/store.js';
import {escapeText} from '../../common/escape.js';
import {Fault} from '../../common/fault.js';
import {checkCriu, findCriu} from '../../criu/find.js';
import {preloadLibrary} from '../../criu/preload.js';
import {mayAnnounce} from '../../dbus/announce/announcer.js';
import {announceName} from '../../dbus/announce/interface.js';
import {type Bus, connectBus} from '../../dbus/calls.js';
import {takeCensus} from '../../dbus/census.js';
import {recordTraffic} from '../../dbus/record.js';
import {messages} from '../../i18n/index.js';
import {portabilityOf} from '../../session/describe.js';
import {leftBehind} from '../../session/repair/left-behind.js';
import {leftDropIns, unitOfDropIn} from '../../systemd/drop-in.js';
import type {UnitExamination} from '../../systemd/examine.js';
import {type Examined, examine, findingText, heldText} from '../begin.js';
import {busOf} from '../bus.js';
import type {Command, CommandContext} from '../context.js';
import {faultText, printJson} from '../report.js';
import {leftBehindText} from './checkpoints.js';

/** Shipped with the program. */
const policyFile = path.resolve(import.meta.dirname, '../../../data/io.github.dbusfreeze1.conf');

interface Check {
	check: string;
	/** `note`: worth knowing, nothing fails by it. */
	status: 'ok' | 'bad' | 'note';
	detail?: string;
}

/** Can this machine do it? With a target: what would block or change. Nothing is touched. */
export const run: Command<{target?: string}> = async (context, {target}) =>
	target === undefined ? checkMachine(context) : checkTarget(context, target);

async function checkMachine(context: CommandContext): Promise<number> {
	const checks = [
		root(),
		...(await criu(context)),
		...(await bus(context)),
		stateDir(context),
		...leftovers(context),
	];
	const ok = checks.every((check) => check.status !== 'bad');
	if (context.json) printJson(context, {ok, checks});
	else context.stdout.write(`${checks.map(line).join('\n')}\n`);
	return ok ? 0 : 3;
}

function root(): Check {
	const text = messages().cli.doctor;
	return process.getuid?.() === 0
		? {check: text.root, status: 'ok'}
		: {check: text.root, status: 'bad', detail: text.rootNeeded};
}

async function criu(context: CommandContext): Promise<Check[]> {
	const text = messages().cli.doctor;
	try {
		const found = await findCriu(context.criu, context.env);
		const complaint = process.getuid?.() === 0 ? await checkCriu(found) : undefined;
		return [
			{check: text.criu, status: 'ok', detail: `${found.version} ${found.path}`},
			complaint === undefined
				? {check: text.criuCheck, status: 'ok'}
				: {check: text.criuCheck, status: 'bad', detail: complaint},
			await preload(context),
		];
	} catch (error) {
		return [failed(text.criu, error)];
	}
}

/** Most services need none, so that nothing fails without it. */
async function preload({env}: CommandContext): Promise<Check> {
	const text = messages().cli.doctor;
	const found = await preloadLibrary(env).catch((error: Error) => ({
		missing: 'failed' as const,
		detail: error.message,
	}));
	return 'library' in found
		? {check: text.preload, status: 'ok', detail: found.library}
		: {check: text.preload, status: 'note', detail: text.preloadMissing[found.missing](found.detail)};
}

async function bus(context: CommandContext): Promise<Check[]> {
	const text = messages().cli.doctor;
	const location = busOf(context);
	try {
		const client = await connectBus(location);
		try {
			const peers = await takeCensus(client);
			const traffic = await recordTraffic(location);
			const {mode, reason} = traffic.status();
			traffic.close();
			const hasRules = peers.length === 0 || peers.some((peer) => peer.matchRules !== null);
			return [
				{check: text.bus, status: 'ok', detail: client.address},
				mode === 'monitor'
					? {check: text.monitor, status: 'ok'}
					: {check: text.monitor, status: 'bad', ...(reason === undefined ? {} : {detail: reason})},
				hasRules
					? {check: text.stats, status: 'ok'}
					: {check: text.stats, status: 'note', detail: text.statsMissing},
				await announcing(client),
			];
		} finally {
			client.close();
		}
	} catch (error) {
		return [failed(text.bus, error)];
	}
}

/** Without the policy freezing works, but nobody can ask what is frozen. */
async function announcing(client: Bus): Promise<Check> {
	const {check, allowed, policyMissing} = messages().announce;
	return (await mayAnnounce(client))
		? {check, status: 'ok', detail: allowed(announceName)}
		: {check, status: 'note', detail: policyMissing(announceName, policyFile)};
}

/** The state dir is made when it is first needed: its nearest existing parent must let us. */
function stateDir({stateDir: dir}: CommandContext): Check {
	const {stateDir: check} = messages().cli.doctor;
	let nearest = path.resolve(dir);
	while (!fs.existsSync(nearest)) nearest = path.dirname(nearest);
	try {
		fs.accessSync(nearest, fs.constants.W_OK | fs.constants.X_OK);
		return {check, status: 'ok', detail: dir};
	} catch (error) {
		return {check, status: 'bad', detail: (error as Error).message};
	}
}

/** What crashes have left, and which command repairs it; and what is frozen for good, which no command can. */
function leftovers({stateDir: dir}: CommandContext): Check[] {
	const text = messages().cli.doctor;
	const check = text.leftovers;
	const store = new CheckpointStore(dir);
	const stored = store.list();
	const broken = stored.flatMap(({name, checkpoint, manifest}) => {
		const found = leftBehind(checkpoint, manifest).map(leftBehindText);
		return found.length > 0 ? [`${name} (${found.join(', ')})`] : [];
	});
	const links = store
		.danglingLinks()
		.map((link) => `${path.basename(link)} (${leftBehindText('dangling-link')})`);
	const changed = leftDropIns().map((file) => `${unitOfDropIn(file)} (${leftBehindText('unit-settings')})`);
	const toRepair = [...broken, ...links, ...changed];
	const standing = (wanted: readonly string[]) =>
		stored
			.filter(({manifest}) => !(manifest instanceof Fault) && wanted.includes(standingOf(manifest)))
			.map(({name}) => name);
	const alone = standing(['keeper-gone', 'connection-gone', 'given-up']);
	const unreadable = stored
		.filter(
			({checkpoint, manifest}) => manifest instanceof Fault && leftBehind(checkpoint, manifest).length === 0,
		)
		.filter(({checkpoint, manifest}) => !isOwned(checkpoint, manifest))
		.map(({name}) => name);
	const notes = [
		...(toRepair.length > 0 ? [text.toRepair(toRepair.join('; '))] : []),
		...(alone.length > 0 ? [text.alone(alone.join(', '))] : []),
		...(unreadable.length > 0 ? [text.leftover(unreadable.join(', '))] : []),
	];
	if (notes.length === 0) return [{check, status: 'ok'}];
	return notes.map((detail) => ({check, status: 'note', detail}));
}

async function checkTarget(context: CommandContext, target: string): Promise<number> {
	const examined = await examine(context, target);
	const {blockers, warnings, held, heldElse, dumped, needs} = examined.preflight;
	const ok = blockers.length === 0;
	if (context.json) {
		const {pid, title, snapshot, unit} = examined;
		const ends = held.map((end) => ({...end, class: 'held' as const, text: heldText(end, snapshot)}));
		const findings = [...heldElse, ...warnings, ...blockers];
		const because = portabilityOf(held, needs, snapshot);
		printJson(context, {
			ok,
			pid,
			title,
			connections: snapshot.connections,
			blockers: blockers.map((finding) => ({...finding, text: findingText(finding)})),
			warnings: warnings.map((finding) => ({...finding, text: findingText(finding)})),
			held,
			...(unit ? {unit: unitJson(unit)} : {}),
			resources: [...ends, ...findings.map((finding) => ({...finding, text: findingText(finding)}))],
			dumped,
			portable: because.length === 0,
			portableBecause: because,
		});
	} else context.stdout.write(targetText(examined));
	return ok ? 0 : 5;
}

function unitJson({unit, role, state}: UnitExamination) {
	return {
		name: unit,
		role,
		...(state
			? {
					activeState: state.activeState,
					mainPid: state.mainPid,
					type: state.type,
					watchdogUsec: state.watchdogUsec,
					notifyAccess: state.notifyAccess,
				}
			: {}),
	};
}

function targetText({pid, title, snapshot, preflight}: Examined): string {
	const {blockers, warnings, held, heldElse, needs} = preflight;
	const text = messages().cli.doctor;
	const {processes} = snapshot;
	const threads = processes.reduce((sum, p) => sum + p.threads.length, 0);
	const lines = [
		text.target(title, pid, processes.length, threads),
		...held.map((end) => `  ${text.ok}   ${heldText(end, snapshot)}`),
		...heldElse.map((finding) => `  ${text.ok}   ${findingText(finding)}`),
		...(portabilityOf(held, needs, snapshot).length > 0 ? [`  ${text.note}  ${text.hereOnly}`] : []),
		...warnings.map((finding) => `  ${text.note}  ${findingText(finding)}`),
		...blockers.map((finding) => `  ${text.bad}  ${findingText(finding)}`),
		blockers.length === 0 ? text.canFreeze : text.cannotFreeze,
	];
	return `${lines.map(escapeText).join('\n')}\n`;
}

function failed(check: string, error: unknown): Check {
	if (!(error instanceof Fault)) throw error;
	const {message, hint} = faultText(error);
	return {check, status: 'bad', detail: `${message} ${hint}`};
}

function line({check, status, detail}: Check): string {
	const text = messages().cli.doctor;
	return escapeText(`${text[status].padEnd(5)} ${check}${detail === undefined ? '' : `: ${detail}`}`);
}
