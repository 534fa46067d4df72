import test from 'ava';
import {compareSnapshots} from '../../src/context/diff.js';
import {blocksText, evidenceBlocks} from '../../src/tui/evidence/blocks.js';
import {blockAt, sectionOf, sections, startsOf} from '../../src/tui/evidence/sections.js';
import {newSessionView} from '../../src/tui/session-view.js';
import type {Comparison} from '../../src/tui/state/state.js';
import {cycle, fdOf, root, threadOf} from '../context/snapshots.js';

const view = newSessionView('/c');

/** A comparison of a cycle in which a few things went wrong. */
function comparison(): Comparison {
	const {before, image, preResume, after} = cycle(({before, image, after}) => {
		for (const snapshot of [before, image, after]) {
			root(snapshot).maps = [
				{start: '0x1000', end: '0x3000', permissions: 'r-xp', path: '/usr/bin/counter', offset: '0x0'},
				{start: '0x7000', end: '0x9000', permissions: 'rw-p', path: '[stack]'},
			];
			threadOf(snapshot, 1203).registers = {bx: '0x1', sp: '0x7fff3a673650'};
			threadOf(snapshot, 1203).stackDigest = 'same';
			threadOf(snapshot, 1203).backtrace = [
				{pc: '0x7f357bc6a26f', symbol: 'poll', module: '/usr/lib/libc.so.6'},
				{pc: '0x55d0', symbol: 'main', module: '/usr/bin/counter'},
			];
		}
		threadOf(after, 1203).registers = {bx: '0x2', sp: '0x7fff3a673650'};
		threadOf(after, 1203).backtrace?.pop();
		fdOf(before, 3).socket = {
			...fdOf(before, 3).socket,
			family: 'unix',
			type: 'stream',
			state: '',
			options: {SO_KEEPALIVE: 0},
		};
		fdOf(after, 3).socket = {
			...fdOf(after, 3).socket,
			family: 'unix',
			type: 'stream',
			state: '',
			options: {SO_KEEPALIVE: 1},
		};
		root(after).maps?.pop();
	});
	return {
		checkpoint: '/c',
		before: 'before',
		after: 'after',
		left: before,
		middle: image,
		right: after,
		differences: compareSnapshots(before, after, {image, preResume}),
	};
}

test('backtraces stand in three columns, and where they part is seen', (t) => {
	const text = blocksText(evidenceBlocks('threads', view, comparison(), '', 120));
	t.regex(text, /before +│ image +│ after/);
	t.regex(text, /#0 poll {2}libc\.so\.6 +│ #0 poll {2}libc\.so\.6 +│ #0 poll/);
	t.regex(text, /#1 main {2}counter +│ #1 main {2}counter +│\n/);
});

test('registers: the changed one shows both values and its mark', (t) => {
	const text = blocksText(evidenceBlocks('registers', view, comparison(), '', 100));
	t.regex(text, /bx +✖ 0x1 +│ 0x2/);
	t.regex(text, /sp +═ 0x7fff3a673650\n/);
});

test('every section fits its width, also a narrow one, and no text of a process reaches it unescaped', (t) => {
	const shown = comparison();
	if (shown.left) root(shown.left).cmdline = ['\u001b[2Jclear'];
	for (const section of sections) {
		for (const width of [76, 156]) {
			for (const {rows} of evidenceBlocks(section, view, shown, '', width)) {
				for (const row of rows) {
					const text = row.map((piece) => piece.text).join('');
					t.false(/\p{Cc}/u.test(text), `${section}: ${JSON.stringify(text)}`);
				}
			}
		}
	}
});

test('each difference leads to a block of the section that shows it', (t) => {
	const shown = comparison();
	const seen = new Set<string>();
	for (const {path, class: kind} of shown.differences ?? []) {
		const section = sectionOf(path);
		seen.add(section);
		const blocks = evidenceBlocks(section, view, shown, '', 100);
		const index = blockAt(blocks, path);
		t.true(index >= 0, path);
		t.true((startsOf(blocks)[index] ?? -1) >= 0);
		if (kind === 'broken') {
			const marked = blocks[index]?.rows.flatMap((row) => row.map((piece) => piece.text)).join('') ?? '';
			t.true(marked.includes('✖'), `${path}: ${marked}`);
		}
	}
	for (const section of ['registers', 'maps', 'sockets', 'process'] as const)
		t.true(seen.has(section), section);
});

test('a filter keeps what has all its words, and the headings', (t) => {
	const all = evidenceBlocks('process', view, comparison(), '', 100);
	const some = evidenceBlocks('process', view, comparison(), 'credentials', 100);
	t.true(some.length > 0 && some.length < all.length);
	t.true(some.every(({path}) => path === '' || path.includes('credentials')));
});
