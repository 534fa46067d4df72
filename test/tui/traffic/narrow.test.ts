import test from 'ava';
import {parseQuery} from '../../../src/dbus/query/query.js';
import type {TrafficMessage} from '../../../src/dbus/types.js';
import {narrowedTo, narrowedToParty} from '../../../src/tui/traffic/narrow.js';
import {FakeTraffic} from '../../support/fake-port.js';

const feed = new FakeTraffic(1);
const get = (index: number): TrafficMessage => feed.get(index) as TrafficMessage;

test('only this member, and not this one', (t) => {
	const [call, answer] = [get(0), get(1)];
	const term = 'interface:org.dbusfreeze.Demo.Counter member:Get';
	t.is(narrowedTo('', call, feed, false), term);
	t.is(narrowedTo('', answer, feed, false), term, 'an answer means its call');
	t.is(narrowedTo('word', call, feed, true), `word -(${term})`);
	t.is(narrowedTo('a or b', call, feed, false), `(a or b) ${term}`);
	t.is(narrowedTo('for order', call, feed, false), `for order ${term}`);
	t.is(narrowedTo(term, call, feed, false), term);
	t.is(narrowedToParty('x', ':1.7'), 'x with::1.7');
});

test('what comes of it lets through what it says', (t) => {
	for (const index of [0, 1, 2, 3]) {
		const message = get(index);
		const only = parseQuery(narrowedTo('', message, feed, false));
		t.true(feed.matches(index, only), only.text);
		const not = parseQuery(narrowedTo('', message, feed, true));
		t.false(feed.matches(index, not), not.text);
	}
	const odd = {...get(2), member: 'A"*\\ b', interface: ''};
	t.true(parseQuery(narrowedTo('', odd, feed, false)).text.startsWith('member:"'));
});
