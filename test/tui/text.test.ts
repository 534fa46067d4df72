import test from 'ava';
import {fitRow, justify, rowWidth, span} from '../../src/tui/spans.js';
import {
	cut,
	cutStart,
	formatBytes,
	formatCount,
	formatMs,
	pad,
	shortName,
	sparkline,
	widthOf,
	wrap,
} from '../../src/tui/text.js';

test('cut and pad count columns, not characters', (t) => {
	t.is(cut('记录器服务', 7), '记录器…');
	t.is(cut('记录器服务', 10), '记录器服务');
	// Half of a wide character is never shown: a space takes its place.
	t.is(pad('记录器', 4), '记… ');
	for (let width = 0; width < 20; width++) t.is(widthOf(pad('a记b录c器 org.demo', width)), width);
	t.is(pad('ab', 4, 'right'), '  ab');
	t.is(cutStart('unix:path=/run/demo/bus', 10), '…/demo/bus');
	t.is(cutStart('记录器服务', 7), '…器服务');
	t.is(cutStart('bus', 3), 'bus');
	t.is(cutStart('bus', 0), '');
});

test('a bus name loses its leading parts first', (t) => {
	t.is(shortName('org.freedesktop.login1', 40), 'org.freedesktop.login1');
	t.is(shortName('org.freedesktop.login1', 8), 'login1');
	t.is(shortName('org.dbusfreeze.Demo.Counter', 12), 'Demo.Counter');
	t.is(shortName('org.example.ThatIsMuchTooLong', 8), 'ThatIsM…');
	t.is(shortName(':1.1234567', 6), ':1.12…');
	t.is(shortName('evil\u001b[2J', 40), 'evil\\e[2J');
});

test('wrapping keeps within the width in both scripts and loses nothing', (t) => {
	const english = 'CRIU brings the process back with the same pid and averyveryverylongwordthatdoesnotfit.';
	const chinese = 'CRIU 将以相同的 pid 和同一条总线连接恢复该进程。每个阶段都会等您决定。';
	for (const text of [english, chinese]) {
		for (const width of [10, 17, 40]) {
			const lines = wrap(text, width);
			t.true(
				lines.every((line) => widthOf(line) <= width),
				lines.join('\n'),
			);
			t.is(lines.join('').replaceAll(' ', ''), text.replaceAll(' ', ''));
		}
	}
	t.deepEqual(wrap('', 10), ['']);
});

test('figures', (t) => {
	t.is(formatBytes(0), '0 B');
	t.is(formatBytes(3212), '3.2 kB');
	t.is(formatBytes(127_000_000), '127 MB');
	t.is(formatMs(0.02), '<0.1 ms');
	t.is(formatMs(0.42), '0.4 ms');
	t.is(formatMs(14.8), '15 ms');
	t.is(formatMs(3120), '3.1 s');
	t.is(formatCount(812.4), '812');
	t.is(formatCount(20_350), '20.4k');
	t.is(sparkline([0, 5, 10]), '▁▄▇');
});

test('a row is cut or padded to the column', (t) => {
	const row = [span('记录器', 'ice'), span(' → ', 'call'), span('Counter')];
	for (let width = 0; width < 30; width++) t.is(rowWidth(fitRow(row, width)), width, String(width));
	t.is(
		fitRow(row, 12)
			.map(({text}) => text)
			.join(''),
		'记录器 → Co…',
	);
	t.is(
		justify(row, [span('0.4 ms')], 24)
			.map(({text}) => text)
			.join(''),
		'记录器 → Counter  0.4 ms',
	);
});
