import test from 'ava';
import {layoutOf} from '../../src/tui/layout.js';

test('every terminal from 80×24 up is filled exactly', (t) => {
	for (let columns = 80; columns <= 260; columns += 7) {
		for (let rows = 24; rows <= 90; rows++) {
			for (const hasSession of [false, true]) {
				const layout = layoutOf({columns, rows}, hasSession);
				t.truthy(layout);
				if (!layout) return;
				t.is(layout.top + layout.bottom + 4, rows);
				t.is(layout.connections + layout.traffic, columns);
				t.true(layout.top >= 10);
				t.true(layout.bottom === 0 || layout.context + layout.chart === columns);
				t.is(layout.context > 0, hasSession);
			}
		}
	}
});

test('a smaller one is refused, and the chart waits for room', (t) => {
	t.is(layoutOf({columns: 79, rows: 24}, false), undefined);
	t.is(layoutOf({columns: 80, rows: 23}, false), undefined);
	t.is(layoutOf({columns: 80, rows: 24}, false)?.chart, 0);
	t.is(layoutOf({columns: 80, rows: 30}, false)?.chart, 80);
	t.true((layoutOf({columns: 140, rows: 40}, true)?.chart ?? 0) > 0);
});
