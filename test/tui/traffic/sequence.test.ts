import test from 'ava';
import type {TrafficMessage} from '../../../src/dbus/types.js';
import {type Row, rowWidth} from '../../../src/tui/spans.js';
import type {Entry, Mark} from '../../../src/tui/traffic/marks.js';
import {layDiagram} from '../../../src/tui/traffic/sequence/diagram.js';
import {arrowRow, headRows, measure, mostLanes} from '../../../src/tui/traffic/sequence/draw.js';
import {Lanes, others} from '../../../src/tui/traffic/sequence/lanes.js';
import type {Shown} from '../../../src/tui/traffic/use-window.js';
import {FakeTraffic} from '../../support/fake-port.js';

const needs = (...parties: string[]): Map<string, number> =>
	new Map(parties.map((party, i) => [party, parties.length - i]));

test('a lane keeps its place while it is needed', (t) => {
	const lanes = new Lanes();
	t.deepEqual(lanes.assign(needs('a', 'b', 'c'), 4), ['a', 'b', 'c']);
	t.deepEqual(lanes.assign(needs('c', 'a'), 4), ['a', 'b', 'c']);
	t.deepEqual(lanes.assign(needs('d', 'c'), 4), ['a', 'b', 'c', 'd']);
	// Whoever is not in view makes room.
	t.deepEqual(lanes.assign(needs('e', 'c', 'd'), 4), ['e', 'b', 'c', 'd']);
	t.deepEqual(lanes.assign(needs('v', 'w', 'x', 'c', 'd'), 4), ['v', 'w', 'x', others]);
	t.deepEqual(lanes.assign(needs('x'), 2), ['x', 'w']);
});

const at = 1_700_000_000_000;
const message = (index: number, more: Partial<TrafficMessage>): Shown => ({
	index,
	message: {
		index,
		at: at + index * 100,
		type: 'call',
		serial: index + 1,
		sender: ':1.10',
		destination: 'org.dbusfreeze.Demo.Counter',
		member: 'Add',
		signature: 'u',
		fds: 0,
		size: 100,
		noReply: false,
		...more,
	},
});

const shown: Shown[] = [
	message(0, {type: 'return', sender: ':1.8', destination: ':1.10', replySerial: 99}),
	message(1, {}),
	message(2, {destination: ':1.8', member: 'Other'}),
	message(3, {type: 'return', sender: ':1.7', destination: ':1.10', replySerial: 2}),
	message(4, {type: 'signal', sender: ':1.7', member: 'Changed', path: '/a', interface: 'a.b'}),
	message(5, {type: 'error', sender: ':1.8', destination: ':1.10', replySerial: 3, errorName: 'a.Failed'}),
];
delete shown[4]?.message?.destination;

class Feed extends FakeTraffic {
	override pair({type, replySerial}: TrafficMessage): TrafficMessage | undefined {
		if (replySerial === 99) return {...(shown[1]?.message as TrafficMessage), index: -5};
		return type === 'call' || replySerial === undefined ? undefined : shown[replySerial - 1]?.message;
	}
	override elapsed({type}: TrafficMessage): number | undefined {
		return type === 'return' ? 1.5 : undefined;
	}
	override now(): number {
		return at + 1000;
	}
	override receivers(): readonly string[] {
		return [':1.10', ':1.9'];
	}
}

const marks: Mark[] = [
	{key: 'a', at: at + 350, kind: 'frozen', name: 'org.dbusfreeze.Demo.Counter', uniqueNames: [':1.7']},
];

const entries: Array<Entry<Shown>> = shown.map((item) => ({item}));

test('a call goes to the column of the owner, its answer comes back, a signal goes to its receivers', (t) => {
	const {lanes, lines} = layDiagram(entries, new Feed(1), marks, new Lanes(), 5);
	t.deepEqual(lanes, [':1.8', ':1.10', ':1.7', ':1.9']);
	t.deepEqual(
		lines.map(({arrow}) => [arrow?.from, arrow?.to]),
		[
			[0, [1]],
			[1, [2]],
			[1, [0]],
			[2, [1]],
			[2, [1, 3]],
			[0, [1]],
		],
	);
	// Who works on a call: until its answer, also on one that was made before.
	t.deepEqual(
		lines.map(({busy}) => [...busy].sort()),
		[[0], [2], [0, 2], [0, 2], [0], [0]],
	);
	t.deepEqual(
		lines.map(({frozen}) => [...frozen]),
		[[], [], [], [], [2], [2]],
	);
});

const textOf = (row: Row): string => row.map(({text}) => text).join('');

test('arrows are drawn between the lifelines, at every width', (t) => {
	const feed = new Feed(1);
	for (const width of [76, 96, 140, 196]) {
		const measures = measure(width);
		const diagram = layDiagram(entries, feed, marks, new Lanes(), mostLanes(measures));
		for (const row of headRows(diagram, feed, new Set([':1.7']), 'others', measures))
			t.is(rowWidth(row), width);
		for (const line of diagram.lines) {
			const row = arrowRow(line, diagram.lanes, feed, measures);
			t.true(rowWidth(row) <= width, `${width}: ${textOf(row)}`);
		}
	}
	const measures = measure(140);
	const diagram = layDiagram(entries, feed, marks, new Lanes(), mostLanes(measures));
	const [names] = headRows(diagram, feed, new Set([':1.7']), 'others', measures);
	t.regex(textOf(names ?? []), /Demo\.Clock +caller +❄ .*Demo\.Counter +.*Demo\.Settings/);
	const rows = diagram.lines.map((line) => textOf(arrowRow(line, diagram.lanes, feed, measures)));
	t.regex(rows[1] ?? '', /│ +●─+ Add\(1\) ─+▶┃ +│/);
	t.regex(rows[3] ?? '', /┃ +│◀╌+ Add = 3 ╌+● +│ + 1\.5 ms *$/);
	t.regex(rows[4] ?? '', /│◀┄+ *Changed\(4\) *┄+.*◆┄+▶│|│◀┄+.*▶│/);
	t.regex(rows[5] ?? '', /●╌+ Other Failed 5 ╌+▶│/);
});

test('hostile names stay inside their column', (t) => {
	const feed = new Feed(1);
	feed.nameOf = () => 'x\u001b[2J\u202e'.repeat(30);
	const measures = measure(76);
	const diagram = layDiagram(entries, feed, [], new Lanes(), mostLanes(measures));
	for (const row of headRows(diagram, feed, new Set(), 'others', measures)) {
		t.is(rowWidth(row), 76);
		// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
		t.notRegex(textOf(row), /[\u001b\u202e]/);
	}
});
