import {execFile} from 'node:child_process';
import path from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import stringWidth from 'string-width';
import {renderTable} from '../../src/cli/table.js';
import {testBus} from '../support/bus.js';
import {temporaryFolder} from '../support/compile.js';
import {demoServices, startService} from '../support/services.js';

const main = path.resolve(import.meta.dirname, '../../src/cli/main.ts');
const run = promisify(execFile);

test('list tells every connection, as a table and as JSON', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, demoServices.counter);
	const options = [
		'--import=tsx',
		main,
		'--lang',
		'en',
		'--address',
		bus.address,
		'--state-dir',
		temporaryFolder(t),
	];
	const table = await run(process.execPath, [...options, 'list']);
	const [title, ...rows] = table.stdout.trimEnd().split('\n');
	t.regex(title ?? '', /^CONNECTION +NAMES +PID +UID +COMMAND +RULES +QUEUE +FROZEN$/);
	t.is(rows.length, 1);
	t.regex(
		rows[0] ?? '',
		new RegExp(`^:1\\.\\d+ +${demoServices.counter.name} +${pid} +\\d+ +\\S+counter +\\d+ +0$`),
	);
	const json = await run(process.execPath, [...options, '--json', 'list']);
	const document = JSON.parse(json.stdout) as {ok: boolean; connections: object[]};
	t.true(document.ok);
	t.is(document.connections.length, 1);
	t.like(document.connections[0], {pid, names: [demoServices.counter.name], frozen: false, comm: 'counter'});
});

test('a table gives way where it may and never exceeds the terminal', (t) => {
	const columns = [
		{title: 'A'},
		{title: 'NAMES', least: 8},
		{title: 'N', align: 'right' as const},
		{title: 'COMMAND', least: 5},
	];
	const rows = [
		[':1.1', 'org.example.VeryLongServiceName', '7', '/usr/bin/some-program --with arguments'],
		[':1.22', '服务', '1234', '程序'],
	];
	const whole = renderTable(columns, rows).split('\n');
	t.true(whole[1]?.includes('/usr/bin/some-program --with arguments'));
	for (let width = 28; width < 90; width++) {
		for (const line of renderTable(columns, rows, width).split('\n'))
			t.true(stringWidth(line) <= width, `${width}: ${line}`);
	}
	t.is(
		renderTable(columns, rows, 40),
		[
			'A      NAMES            N  COMMAND',
			':1.1   org.example…     7  /usr/bin/som…',
			':1.22  服务          1234  程序',
		].join('\n'),
	);
});
