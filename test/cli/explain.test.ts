import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {testBus} from '../support/bus.js';
import {Cli, type JsonError} from '../support/cli.js';
import {temporaryFolder} from '../support/compile.js';

const logs = join(import.meta.dirname, '../criu/logs');

test('a known cause in plain words, with what to do and the lines, in both languages', async (t) => {
	const cli = new Cli(await testBus(t));
	const log = join(logs, 'udp-4.1.1.log');
	const {code, stdout} = await cli.run(['explain', log]);
	t.is(code, 0);
	t.regex(stdout, /What happened: CRIU before 4\.2 cannot dump TCP and UDP sockets/);
	t.regex(stdout, /What to do: +Use CRIU 4\.2/);
	t.regex(stdout, /line 441 \(criu\/sockets\.c:628\): sockets: Can't get 1:16 opt/);
	t.regex((await cli.run(['--lang', 'zh-CN', 'explain', log])).stdout, /发生了什么：.*无法转储 TCP 与 UDP/);
	const {document} = await cli.json<{known: string; lines: unknown[]}>('explain', log);
	t.is(document.known, 'socket-option');
	t.true(document.lines.length > 2);
});

test('an unknown cause says so; a folder means its last log; what is no log is refused', async (t) => {
	const cli = new Cli(await testBus(t));
	const folder = temporaryFolder(t);
	const refused = async (name: string, reason: RegExp) => {
		const {code, document} = await cli.json<JsonError>('explain', name);
		t.is(code, 4);
		t.is(document.error.code, 'bad-log');
		t.regex(document.error.message, reason);
	};
	await refused(join(folder, 'nothing'), /no such file or checkpoint/);
	await refused(folder, /neither dump\.log nor restore\.log/);
	const text = join(folder, 'text');
	writeFileSync(text, 'Dear all,\n');
	await refused(text, /does not look like one/);

	mkdirSync(join(folder, 'images'));
	writeFileSync(
		join(folder, 'images', 'restore.log'),
		"(00.1) one\n(00.2) Error (criu/new.c:1): Can't dump a nov\u001b[31melty\n(00.3) Error (criu/cr-dump.c:1): Dumping FAILED.\n",
	);
	const {code, stdout} = await cli.run(['explain', folder]);
	t.is(code, 0);
	t.regex(stdout, /What happened: unknown/);
	t.regex(stdout, /line 2 \(criu\/new\.c:1\): Can't dump a nov\\e\[31melty/);
});
