import test from 'ava';
import {parseQuery} from '../../../src/dbus/query/query.js';
import type {TrafficMessage} from '../../../src/dbus/types.js';
import type {Row} from '../../../src/tui/spans.js';
import {rowWidth} from '../../../src/tui/spans.js';
import type {Mark} from '../../../src/tui/traffic/marks.js';
import {latencyBars, marksRow, sparkRow} from '../../../src/tui/traffic/statistics/charts.js';
import {Histogram} from '../../../src/tui/traffic/statistics/histogram.js';
import {Rate} from '../../../src/tui/traffic/statistics/rate.js';
import {StatisticsScan} from '../../../src/tui/traffic/statistics/scan.js';
import {memberRows, talkerRows} from '../../../src/tui/traffic/statistics/table.js';
import {Tally} from '../../../src/tui/traffic/statistics/tally.js';
import {Timeline} from '../../../src/tui/traffic/statistics/timeline.js';
import {FakeTraffic} from '../../support/fake-port.js';

const textOf = (row: Row): string => row.map(({text}) => text).join('');

test('percentiles are right to within a tenth, from microseconds to minutes', (t) => {
	for (const scale of [0.01, 1, 1000]) {
		const histogram = new Histogram();
		for (let i = 1; i <= 1000; i++) histogram.add(i * scale);
		for (const share of [0.5, 0.95, 0.99]) {
			const found = histogram.percentile(share) ?? 0;
			const exact = share * 1000 * scale;
			t.true(found >= exact && found <= exact * 1.1, `${share} of ${scale}: ${found}, not ${exact}`);
		}
		t.is(histogram.percentile(1), 1000 * scale);
	}
	t.is(new Histogram().percentile(0.5), undefined);
	const outliers = new Histogram();
	for (const ms of [0, 1e9]) outliers.add(ms);
	t.is(outliers.count, 2);
	t.deepEqual(outliers.classes([1, 10]), [1, 0, 1]);
});

test('a timeline forgets the old and keeps silence apart from it', (t) => {
	const timeline = new Timeline(['calls'], 1000);
	const start = 1_700_000_000_000;
	for (let second = 0; second < 300; second++) {
		for (let n = 0; n < second % 3; n++) timeline.add('calls', start + second * 1000 + n);
	}
	const now = start + 300_000;
	t.deepEqual(timeline.perSecond('calls', now).slice(-6), [0, 1, 2, 0, 1, 2]);
	t.is(timeline.perSecond('calls', now).length, 119);
	// Nothing comes for a while.
	t.deepEqual(timeline.perSecond('calls', now + 3000).slice(-5), [1, 2, 0, 0, 0]);
	t.true(timeline.perSecond('calls', now + 500_000).every((rate) => rate === 0));
	// Too old to be counted.
	timeline.add('calls', start);
	t.true(timeline.perSecond('calls', now + 500_000).every((rate) => rate === 0));
});

test('a rate is that of the last ten seconds', (t) => {
	const rate = new Rate();
	const start = 1_700_000_000_000;
	for (let i = 0; i < 600; i++) rate.add(start + i * 50);
	t.is(rate.perSecond(start + 30_000), 20);
	t.is(rate.perSecond(start + 35_000), 10);
	t.is(rate.perSecond(start + 60_000), 0);
});

/** Calls of two members, every fifth of the second one answered with an error. */
function tallied(count: number, start: number): Tally {
	const feed = {
		nameOf: (name: string) => (name === ':1.2' ? 'org.example.Service' : name),
		ownerOf: (name: string) => (name === 'org.example.Service' ? ':1.2' : name),
		elapsed: (message: TrafficMessage) => (message.type === 'call' ? undefined : message.size / 100),
		pair: (message: TrafficMessage) => callOf(message.index - 1),
	};
	const callOf = (index: number): TrafficMessage => ({
		index,
		at: start + index * 10,
		type: 'call',
		serial: index + 1,
		sender: ':1.9',
		destination: 'org.example.Service',
		interface: 'org.example.X',
		member: index % 4 === 0 ? 'Fast' : 'Slow\u001b[31m',
		fds: 0,
		size: 100,
		noReply: false,
	});
	const tally = new Tally(feed, 1000);
	for (let index = 0; index < count; index += 2) {
		const call = callOf(index);
		tally.add(call);
		const failed = index % 20 === 2;
		tally.add({
			...call,
			index: index + 1,
			type: failed ? 'error' : 'return',
			sender: ':1.2',
			destination: ':1.9',
			size: index % 4 === 0 ? 40 : 30_000,
		});
	}
	return tally;
}

test('members and talkers are counted under the service, whatever name was used', (t) => {
	const start = 1_700_000_000_000;
	const tally = tallied(2000, start);
	const now = start + 20_000;
	t.like(tally, {messages: 2000, calls: 1000, errors: 100, replies: 900, since: start});
	const [head, ...byCount] = memberRows(tally, 'count', now, 90).map(textOf);
	t.regex(head ?? '', /service +member +▾count +\/s +p50 +p95 +p99 +err/);
	t.is(byCount.length, 2);
	const [slow] = memberRows(tally, 'slowest', now, 90).slice(1).map(textOf);
	t.regex(slow ?? '', /org\.example\.Service +Slow\\e\[31m.* 500 +25 +300 ms +300 ms +300 ms +100$/);
	const talkers = talkerRows(tally, 'count', now, 60).map(textOf);
	t.regex(talkers[1] ?? '', /^(org\.example\.Service|:1\.9) +1000 +50 /);
	for (const width of [76, 120, 200]) {
		for (const order of ['count', 'rate', 'slowest', 'errors'] as const) {
			for (const row of memberRows(tally, order, now, width)) t.is(rowWidth(row), width);
		}
		for (const row of talkerRows(tally, 'rate', now, width)) t.is(rowWidth(row), width);
	}
});

test('a bus that invents names does not fill the memory', (t) => {
	const feed = new FakeTraffic(1);
	const tally = new Tally(
		{...feed, nameOf: (n) => n, ownerOf: (n) => n, pair: () => undefined, elapsed: () => 1},
		1000,
	);
	const base = {at: 0, serial: 1, fds: 0, size: 1, noReply: false, type: 'signal' as const};
	for (let index = 0; index < 20_000; index++) {
		tally.add({...base, index, sender: `:1.${index}`, interface: 'a.b', member: `M${index}`});
	}
	t.is(tally.messages, 20_000);
	t.true(tally.members.size <= 2000 && tally.talkers.size <= 2000);
});

test('a freeze and a thaw are drawn at their time', (t) => {
	const start = 1_700_000_000_000;
	const tally = tallied(2000, start);
	const mark = (kind: Mark['kind'], at: number): Mark => ({key: kind, kind, at, name: 'x', uniqueNames: []});
	const marks = [mark('frozen', start + 5000), mark('thawed', start + 15_000), mark('lost', start - 1e6)];
	const spark = textOf(sparkRow(tally, marks, start + 20_000, 40));
	t.is(spark.length, 40);
	t.is(spark.indexOf('❄'), 25);
	t.is(spark.indexOf('✔'), 35);
	const row = textOf(marksRow(tally, marks, start + 20_000, 60));
	t.regex(row, /^ +❄ +✔ +$/);
	t.is(row.length, 60);
	t.is(
		latencyBars(tally).data.reduce((sum, n) => sum + n, 0),
		1000,
	);
});

test('the scan counts what is in memory, in small steps, through the filter', async (t) => {
	class Still extends FakeTraffic {
		override range() {
			return {first: 0, end: 30_000};
		}
	}
	const scan = new StatisticsScan(new Still(1_000_000));
	let rounds = 0;
	const everything = parseQuery('');
	while (scan.advance(everything)) rounds++;
	t.is(scan.tally.messages, 30_000);
	t.is(scan.progress, 1);
	t.true(rounds > 0, 'in one step');
	const errors = parseQuery('type:error');
	while (scan.advance(errors));
	t.is(scan.tally.errors, 750);
	t.is(scan.tally.calls, 750, 'a call comes with its error');
	t.is(scan.tally.signals, 0);
});
