import {closeSync, openSync, readdirSync, readFileSync, statSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {testBus} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {demoServices, startService} from '../support/services.js';

const {counter, notes} = demoServices;

/** Bytes of all dumped pages. */
function pageBytes(checkpoint: string): number {
	const images = join(checkpoint, 'images');
	const pages = readdirSync(images).filter((name) => name.startsWith('pages-'));
	return pages.reduce((sum, name) => sum + statSync(join(images, name)).size, 0);
}

test('--verify-memory: image and process at the commit point, and all that was in memory after the restore', async (t) => {
	const bus = await testBus(t);
	await startService(bus, notes);
	const cli = new Cli(bus);
	const frozen = await cli.ok<FreezeResult>(t, 'freeze', notes.name, '--verify-memory');
	const bytes = pageBytes(frozen.checkpoint);
	t.like(frozen.memory, {moment: 'post-dump', dumped: {bytes, different: [], more: 0}});
	const thawed = await cli.ok<ThawResult>(t, 'thaw', frozen.checkpoint, '--verify-memory');
	t.like(thawed.memory, {
		moment: 'pre-resume',
		dumped: {bytes, different: [], more: 0},
		original: {different: [], more: 0},
	});
	t.true((thawed.memory?.original?.bytes ?? 0) > bytes, 'libraries, too, which are not in the images');
	t.true(thawed.verdict.preserved);
	const {code, stdout} = await cli.run(['diff', frozen.checkpoint]);
	t.is(code, 0);
	t.regex(stdout, /Memory: .* MB compared byte for byte, all the same/);
});

test('a small image is compared at every thaw, a cycle at once compares only when asked', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	t.is((await cli.ok<ThawResult>(t, 'cycle', counter.name)).memory, undefined);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const {memory} = await cli.ok<ThawResult>(t, 'thaw', checkpoint);
	t.like(memory, {dumped: {bytes: pageBytes(checkpoint), different: []}, original: undefined});
	const asked = await cli.ok<ThawResult>(t, 'cycle', counter.name, '--verify-memory');
	t.true((asked.memory?.original?.bytes ?? 0) > 0);
});

test('one byte that is not what was frozen: found, named, not preserved', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name, '--verify-memory');
	const pages = join(checkpoint, 'images', 'pages-1.img');
	// The first zero of the last page, which is on the stack: unused, so that the service runs on.
	const content = readFileSync(pages);
	const at = content.indexOf(0, content.length - 4096);
	const fd = openSync(pages, 'r+');
	writeSync(fd, Buffer.of(1), 0, 1, at);
	closeSync(fd);
	const {code, document} = await cli.json<ThawResult>('thaw', checkpoint, '--verify-memory');
	t.is(code, 1, JSON.stringify(document));
	const wrong = document.verdict.differences.filter((difference) => difference.class !== 'expected');
	t.deepEqual(
		wrong.map(({class: kind, reason, before}) => [kind, reason, String(before).split('+')[0]]),
		[['broken', 'page-changed', '[stack]']],
	);
	const compared = await cli.json<{verdict: ThawResult['verdict']}>('diff', checkpoint);
	t.is(compared.code, 1);
	t.deepEqual(
		compared.document.verdict.differences.filter((one) => one.class !== 'expected').map(({path}) => path),
		wrong.map(({path}) => path),
	);
});
