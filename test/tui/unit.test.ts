import test from 'ava';
import {setLanguage} from '../../src/i18n/index.js';
import type {SessionEvent, SessionEventBody} from '../../src/session/events.js';
import {contextRows} from '../../src/tui/rows/context-rows.js';
import {foldSession, newSessionView} from '../../src/tui/session-view.js';

function shown(...bodies: SessionEventBody[]): string {
	const events = bodies.map((body, seq): SessionEvent => ({...body, seq, at: 0}));
	const view = events.reduce(foldSession, newSessionView('/checkpoint'));
	const rows = contextRows(view, undefined, 160);
	return rows.map((row) => row.map(({text}) => text).join('')).join('\n');
}

const unit = 'evil\u001b[2J.service';
const held = {type: 'unit', unit, change: 'held', pid: 7} as const;

test('the context tells what has become of the systemd unit, the last change only', (t) => {
	const name = 'evil\\e[2J.service';
	t.true(shown(held).includes(`${name} stays active; process 7 of ours`));
	const given = shown(held, {type: 'unit', unit, change: 'stopped', pid: 0});
	t.true(given.includes(`${name} was stopped; the frozen process is given up`));
	t.false(given.includes('stays active'));
	setLanguage('zh-CN');
	t.teardown(() => setLanguage('en'));
	t.true(
		shown(held, {type: 'unit', unit, change: 'returned', pid: 9}).includes(
			`进程 9 重新成为 ${name} 的主进程`,
		),
	);
});
