import {escapeText} from '../../common/escape.js';
import type {FaultData} from '../../common/fault.js';
import {messages} from '../../i18n/index.js';
import {standingText} from '../../i18n/standing-text.js';
import {faultSentences} from '../fault-text.js';
import {field, list} from '../rows/fields.js';
import {type Row, span} from '../spans.js';
import type {CheckpointsState} from '../state/checkpoints.js';
import {formatAge, formatBytes, formatTime} from '../text.js';
import type {Tone} from '../theme.js';
import type {CheckpointEntry, CheckpointFacts} from './feed.js';
import {isObjection} from './in-spite.js';

/** What is known of one checkpoint, what matters for its thaw first. */
export function detailRows(
	entry: CheckpointEntry,
	look: CheckpointsState['look'],
	now: number,
	width: number,
): Row[] {
	const {labels, ...text} = messages().screen.checkpoints;
	const {facts, next, standing} = entry;
	const found = look?.name === entry.name ? look : undefined;
	return [
		...toned(
			field(labels.state, standingText(standing, facts?.movedTo), width),
			standing === 'unreadable' ? 'bad' : undefined,
		),
		...toned(
			field(labels.next, nextText(entry), width),
			next.mode === 'impossible' ? (isOver(entry) ? 'dim' : 'warn') : undefined,
		),
		...checkRows(entry, found, width),
		...leftRows(found, width),
		...(facts ? factRows(facts, now, width) : []),
		...field(labels.name, entry.name, width),
		...field(labels.folder, entry.checkpoint, width),
		...(facts && facts.copies.length > 0 ? list(labels.copies, facts.copies, width) : []),
		...(facts
			? field(
					labels.portable,
					facts.portableBecause.length === 0
						? text.portable
						: text.notPortable(facts.portableBecause.join('; ')),
					width,
				)
			: []),
	];
}

function isOver({standing}: CheckpointEntry): boolean {
	return ['thawed', 'left-running', 'aborted', 'still-runs'].includes(standing);
}

function nextText(entry: CheckpointEntry): string {
	const {next} = entry;
	const text = messages().screen.checkpoints.next;
	switch (next.mode) {
		case 'held':
			return text.held;
		case 'reconnected':
			return text[next.why];
		case 'impossible':
			// Nobody need do anything about what is simply over.
			return isOver(entry)
				? text.over(faultSentences(next.fault).message)
				: text.impossible(withOffer(next.fault, next.inSpite !== undefined));
	}
}

const wholeFault = (fault: FaultData): string => {
	const {message, hint} = faultSentences(fault);
	return `${message} ${hint}`;
};

/** And, where the operator may have the thaw in spite of it, how. */
function withOffer(fault: FaultData, offered = isObjection(fault)): string {
	return offered ? `${wholeFault(fault)} ${messages().screen.inSpite.offer}` : wholeFault(fault);
}

/** What the checks say: each hindrance with what to do about it. */
function checkRows({next}: CheckpointEntry, look: CheckpointsState['look'], width: number): Row[] {
	const {labels, ...text} = messages().screen.checkpoints;
	if (next.mode === 'impossible' && !next.inSpite) return [];
	if (look?.fault) return toned(field(labels.checks, wholeFault(look.fault), width), 'warn');
	if (!look?.found) return toned(field(labels.checks, text.checking, width), 'dim');
	const {faults, grown} = look.found;
	const hindrances = faults.flatMap((fault, i) =>
		toned(field(i === 0 ? labels.checks : '', `✖ ${withOffer(fault)}`, width), 'bad'),
	);
	const remarks = grown.map((path) => text.grew(path));
	const good = faults.length === 0 ? [`✔ ${text.checksFine}`] : [];
	const rest = [...good, ...remarks].flatMap((line, i) =>
		toned(
			field(i === 0 && faults.length === 0 ? labels.checks : '', line, width),
			i < good.length ? 'good' : undefined,
		),
	);
	return [...hindrances, ...rest];
}

function leftRows(look: CheckpointsState['look'], width: number): Row[] {
	const {labels, repairable} = messages().screen.checkpoints;
	const left = look?.found?.leftBehind ?? [];
	return left.length === 0 ? [] : toned(field(labels.left, repairable(left.join(', ')), width), 'warn');
}

function factRows(facts: CheckpointFacts, now: number, width: number): Row[] {
	const {labels, ...text} = messages().screen.checkpoints;
	const {pid, comm, exe, processes, frozenAt, hostname, bus, origin} = facts;
	const program = `${pid} ${comm} (${exe})`;
	const time = `${new Date(frozenAt).toLocaleDateString('sv')} ${formatTime(frozenAt, false)}`;
	const from = origin && text.origin(origin.hostname, origin.packedAt.slice(0, 19).replace('T', ' '));
	return [
		...field(labels.process, processes > 1 ? text.tree(program, processes - 1) : program, width),
		...list(labels.names, facts.names, width),
		...field(labels.frozen, text.frozenAt(time, formatAge(now - frozenAt), hostname), width),
		...field(labels.from, from, width),
		...toned(
			field(labels.bus, text.bus(bus.address, text.relations[bus.relation]), width),
			bus.relation === 'watched' ? undefined : 'warn',
		),
		...field(labels.policy, messages().screen.policy.choices[facts.policy], width),
		...field(labels.size, formatBytes(facts.imageBytes), width),
	];
}

/** The values, and not their label, in this tone. */
function toned(rows: readonly Row[], tone: Tone | undefined): Row[] {
	return rows.map(([label, ...values]) => [
		...(label ? [label] : []),
		...values.map(({text}) => span(escapeText(text), tone)),
	]);
}
