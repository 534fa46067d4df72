import test from 'ava';
import {compareSnapshots} from '../../src/context/diff.js';
import {contextLines} from '../../src/context/lines.js';
import {judge} from '../../src/context/verdict.js';
import {busOf, cycle, fdOf} from './snapshots.js';

test('threads and the bus have a row even where nothing differs', (t) => {
	const {before} = cycle();
	const lines = contextLines(before, structuredClone(before), []);
	t.deepEqual(
		lines.map(({label, mark}) => `${mark} ${label.key}`),
		['═ thread', '═ thread', '═ thread', '═ fd', '═ thread', '═ connection', '═ names', '═ rules'],
	);
	t.is(lines[0]?.before, '0x7f357bc6a26f poll+0x4f');
});

test('an interrupted call keeps its place and says what the program will see', (t) => {
	const {before, image} = cycle();
	const [main, reader] = contextLines(before, image, compareSnapshots(before, image));
	t.like(main, {mark: '═', reason: 'one-eintr', class: 'expected', after: '0x7f357bc6a26f poll+0x4f'});
	t.like(reader, {mark: '═', reason: 'syscall-restarts', after: '0x7f357bc662ea'});
});

test('whatever matters has a row of its own, the gravest on the subject row', (t) => {
	const moments = cycle(({after}) => {
		fdOf(after, 3).flags = '02000002';
		Object.assign(fdOf(after, 3).socket ?? {}, {unread: 5, peer: {inode: 1}});
		busOf(after).matchRules = [];
	});
	const {differences} = judge(moments);
	const lines = contextLines(moments.before, moments.after, differences);
	const serious = differences.filter((difference) => difference.class !== 'expected');
	t.is(serious.length, 5);
	t.is(lines.filter((line) => line.mark === '≠').length, 5);
	t.is(lines.find((line) => line.label.key === 'fd')?.mark, '≠');
});
