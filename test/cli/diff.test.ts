import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import stringWidth from 'string-width';
import {Fault} from '../../src/common/fault.js';
import {setLanguage} from '../../src/i18n/index.js';
import {busOf, cycle, fdOf, snapshotOf, threadOf} from '../context/snapshots.js';
import {temporaryFolder} from '../support/compile.js';
import {diff, storeWith} from '../support/diff-command.js';

function writeFiles(folder: string, ...snapshots: unknown[]): string[] {
	return snapshots.map((snapshot, index) => {
		const path = join(folder, `${index}.json`);
		writeFileSync(path, typeof snapshot === 'string' ? snapshot : JSON.stringify(snapshot));
		return path;
	});
}

test.serial('a healthy checkpoint: exit 0, the places of all threads, and the verdict last', async (t) => {
	const stateDir = temporaryFolder(t);
	const name = storeWith(stateDir, cycle());
	const {exitCode, output} = await diff({checkpoint: name}, {stateDir});
	t.is(exitCode, 0);
	t.regex(output, /═ +thread 1203 counter .*poll\+0x4f/);
	t.regex(output, /expected: the program sees one EINTR from poll/);
	t.regex(output.trimEnd().split('\n').at(-1) ?? '', /^Preserved: the same program at the same place/);
});

test.serial('what matters is in the table, in the JSON, and in the exit code', async (t) => {
	const stateDir = temporaryFolder(t);
	const moments = cycle(({after, preResume}) => {
		busOf(after).matchRules?.shift();
		fdOf(preResume, 7).flags = '02';
	});
	const name = storeWith(stateDir, moments);
	const page = await diff({checkpoint: name}, {stateDir});
	t.is(page.exitCode, 1);
	t.regex(page.output, /≠ +match rules/);
	t.regex(page.output, /broken: O_CLOEXEC was cleared/);
	t.regex(page.output, /Not preserved: 2 differences that matter\.$/m);

	const {exitCode, output} = await diff({checkpoint: name}, {stateDir, json: true});
	t.is(exitCode, 1);
	const document = JSON.parse(output);
	t.false(document.verdict.preserved);
	const broken = document.verdict.differences.filter(({class: kind}: {class: string}) => kind === 'broken');
	t.deepEqual(broken.map(({path}: {path: string}) => path).sort(), [
		'connections/1203:3/matchRules',
		'processes/1203/fds/7/flags',
	]);
	t.true(broken.every(({why}: {why: string}) => why.length > 5));
});

test.serial('two snapshot files, in Chinese, within the width of the terminal', async (t) => {
	t.teardown(() => setLanguage('en'));
	setLanguage('zh-CN');
	const {before, after} = cycle((moments) => {
		threadOf(moments.after, 1203).comm = 'evil\u001b[2J\u202e';
		fdOf(moments.after, 6).target = `/tmp/${'x'.repeat(300)}\u001b[31m`;
	});
	const [one = '', other = ''] = writeFiles(temporaryFolder(t), before, after);
	const {exitCode, output} = await diff({checkpoint: one, other}, {columns: 80});
	t.is(exitCode, 1);
	t.regex(output, /线程 1203/);
	t.regex(output, /损坏：|损坏: /);
	t.regex(output, /未能保留/);
	t.false(/(?!\n)[\p{Cc}\p{Cf}]/u.test(output));
	const rows = output.split('\n').filter((line) => /^[═≠~]/.test(line));
	t.true(rows.length > 5);
	t.true(rows.every((row) => stringWidth(row) <= 80));
});

test.serial('what is no snapshot or no checkpoint is refused by name', async (t) => {
	const folder = temporaryFolder(t);
	const good = snapshotOf('before');
	const hostile = structuredClone(good) as unknown as {processes: Array<{threads: Array<{pc: string}>}>};
	const [thread] = hostile.processes[0]?.threads ?? [];
	if (thread) thread.pc = 'not a number';
	const files = writeFiles(folder, good, '{', {version: 2}, hostile, 'null');
	for (const bad of [...files.slice(1), join(folder, 'missing.json'), folder]) {
		const fault = await t.throwsAsync(diff({checkpoint: files[0] ?? '', other: bad}), {instanceOf: Fault});
		t.like(fault, {code: 'bad-snapshot', exitCode: 4, params: {path: bad}});
	}
	const none = await t.throwsAsync(diff({checkpoint: folder}), {instanceOf: Fault});
	t.like(none, {code: 'no-checkpoint', exitCode: 4});
});

test.serial('a checkpoint that was cut short has nothing to compare yet', async (t) => {
	const stateDir = temporaryFolder(t);
	const name = storeWith(stateDir, {before: snapshotOf('before')});
	const fault = await t.throwsAsync(diff({checkpoint: name}, {stateDir}), {instanceOf: Fault});
	t.like(fault, {code: 'bad-snapshot', exitCode: 4});
	const empty = storeWith(stateDir, {});
	t.like(await t.throwsAsync(diff({checkpoint: empty}, {stateDir})), {code: 'bad-snapshot'});
});
