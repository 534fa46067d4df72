import {createHash} from 'node:crypto';
import {readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {Fault} from '../../src/common/fault.js';
import {PcapWriter} from '../../src/dbus/capture/pcap-writer.js';
import {encodeMessage} from '../../src/dbus/wire/writer.js';
import {setLanguage} from '../../src/i18n/index.js';
import type {SessionEventBody} from '../../src/session/events.js';
import {cycle, root, threadOf} from '../context/snapshots.js';
import {temporaryFolder} from '../support/compile.js';
import {diff, manifest, storeWith} from '../support/diff-command.js';

const stoppedAt = Date.parse('2026-01-02T03:04:05.000Z');
const hostile = '<script>alert("x")</script>\u001b[2J\u202e&';

/** A checkpoint with hostile names, secrets, stages, and a capture beside it. */
function setting(t: ExecutionContext) {
	const folder = temporaryFolder(t);
	const moments = cycle(({before, after}) => {
		threadOf(before, 1203).comm = hostile;
		threadOf(before, 1203).backtrace = [{pc: '0x1', symbol: `poll${hostile}`, module: '/lib/libc.so.6'}];
		threadOf(after, 1203).backtrace = [{pc: '0x1', symbol: 'poll', module: '/lib/libc.so.6'}];
		root(before).environment = ['TOKEN=sesame', 'HOME=/root'];
		root(after).environment = ['TOKEN=changed', 'HOME=/root'];
		root(before).cmdline = ['counter', '--password=hunter2'];
		root(after).cmdline = ['counter', '--password=other'];
	});
	const name = storeWith(folder, moments, {...manifest, stoppedAt, resumedAt: stoppedAt + 1500});
	const stage = (operation: 'freeze' | 'thaw', name: string, ms: number): SessionEventBody => ({
		type: 'stage-reached',
		operation,
		stage: name,
		ms,
		gate: false,
		abortable: false,
		commitPoint: false,
	});
	const started = {operation: 'freeze' as const, pid: 1203, comm: '', names: [], checkpoint: ''};
	const events: SessionEventBody[] = [
		{type: 'started', ...started},
		stage('freeze', 'given-up', 1),
		{type: 'started', ...started},
		stage('freeze', 'pre-dump', 12.34),
		stage('freeze', hostile, 3),
		{type: 'started', ...started, operation: 'thaw'},
		stage('thaw', 'pre-resume', 5),
	];
	writeFileSync(
		join(folder, 'checkpoints', name, 'events.jsonl'),
		events.map((event, seq) => `${JSON.stringify({...event, seq, at: stoppedAt + seq})}\n`).join(''),
	);
	const capture = join(folder, 'capture.pcap');
	const pcap = new PcapWriter(capture);
	const message = (member: string, sender: string, at: number) => {
		const bytes = encodeMessage({
			type: 'call',
			serial: 1,
			sender,
			destination: 'org.demo.Counter',
			path: '/org/demo',
			interface: 'org.demo',
			member,
			signature: 's',
			body: ['the body <b>'],
		});
		pcap.write(bytes, 0, bytes.length, at);
	};
	message('Early', ':1.9', stoppedAt - 60_000);
	message('While', ':1.9', stoppedAt + 100);
	pcap.close();
	const report = join(folder, 'report.html');
	const write = async (options: {capture?: string; withBodies?: boolean; withEnvironment?: boolean} = {}) => {
		await diff({checkpoint: name, html: report, ...options}, {stateDir: folder});
		return readFileSync(report, 'utf8');
	};
	return {report, capture, write, name, folder};
}

/** Every element is closed, in order. */
function isBalanced(page: string): boolean {
	const open: string[] = [];
	for (const [, slash, tag = ''] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g)) {
		if (['meta', 'br'].includes(tag)) continue;
		if (slash === '') open.push(tag);
		else if (open.pop() !== tag) return false;
	}
	return open.length === 0;
}

test.serial(
	'one self-contained page: well formed, nothing unescaped, nothing from elsewhere, no secrets',
	async (t) => {
		const {report, write, capture} = setting(t);
		const page = await write({capture});
		t.is(statSync(report).mode & 0o777, 0o600);
		t.true(isBalanced(page));
		t.false(page.includes('<script'));
		t.false(/(?!\n)[\p{Cc}\p{Cf}]/u.test(page));
		t.true(page.includes('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;\\e[2J\\u{202e}&amp;'));
		t.false(/ (?:src|href|style|on\w+)=|url\(|https?:/.test(page));
		const style = /<style>([\s\S]*)<\/style>/.exec(page)?.[1] ?? '';
		t.true(
			page.includes(`sha256-${createHash('sha256').update(style).digest('base64')}`),
			'the policy allows it',
		);
		t.regex(style, /prefers-color-scheme: dark/);
		for (const secret of ['sesame', 'hunter2', 'the body']) t.false(page.includes(secret), secret);
		t.regex(page, /environment\/TOKEN/, 'that it changed is told');
	},
);

test.serial(
	'stages of the last attempt, the traffic around it, differences and backtraces are there',
	async (t) => {
		const {write, capture} = setting(t);
		const page = await write({capture});
		t.regex(page, /<code>pre-dump<\/code><\/td><td class="number">12\.3 ms/);
		t.false(page.includes('given-up'));
		t.regex(page, /did not run for 1500 ms/);
		t.regex(page, /<tr class="target">.*03:04:05\.100/);
		t.regex(page, /org\.demo\.While/);
		t.false(page.includes('Early'), 'a minute before is not around it');
		t.regex(page, /#0 0x1 poll \(libc\.so\.6\)/);
		t.regex(page, /its parent is now process 1</);
		t.false((await write()).includes('On the bus'));
	},
);

test.serial('what is asked for is shown; both languages', async (t) => {
	t.teardown(() => setLanguage('en'));
	const {write, capture} = setting(t);
	const page = await write({capture, withBodies: true, withEnvironment: true});
	for (const secret of ['sesame', 'hunter2', 'the body &lt;b&gt;']) t.true(page.includes(secret), secret);
	setLanguage('zh-CN');
	const chinese = await write();
	t.regex(chinese, /<html lang="zh-CN">/);
	t.regex(chinese, /未包含：消息体、参数、环境变量/);
});

test.serial('two files have a report, too; one that cannot be written is refused', async (t) => {
	const {folder, name, report} = setting(t);
	const file = (moment: string) => join(folder, 'checkpoints', name, `${moment}.json`);
	await diff({checkpoint: file('before'), other: file('after'), html: report});
	const page = readFileSync(report, 'utf8');
	t.true(isBalanced(page));
	t.false(page.includes('<svg'));
	const fault = await t.throwsAsync(
		diff({checkpoint: file('before'), other: file('after'), html: join(folder, 'no', 'where.html')}),
		{instanceOf: Fault},
	);
	t.like(fault, {code: 'output-unwritable'});
});
