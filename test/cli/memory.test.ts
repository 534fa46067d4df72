import {
	closeSync,
	openSync,
	readdirSync,
	readFileSync,
	statSync,
	truncateSync,
	writeFileSync,
	writeSync,
} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import type {FreezeResult, ThawResult} from '../../src/session/events.js';
import {testBus} from '../support/bus.js';
import {Cli, type JsonError} from '../support/cli.js';
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

test('pages that end too early: refused and still frozen, where criu would read on for ever', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name);
	const pages = join(checkpoint, 'images', 'pages-1.img');
	const whole = readFileSync(pages);
	truncateSync(pages, 4096);
	const {code, document} = await cli.json<JsonError>('thaw', checkpoint);
	t.is(code, 4);
	t.like(document.error, {code: 'bad-image', processState: 'frozen'});
	t.regex(document.error.message, /pages-1\.img/);
	writeFileSync(pages, whole);
	t.true((await cli.ok<ThawResult>(t, 'thaw', checkpoint)).verdict.preserved);
});

test('one byte that is not what was frozen: found, named, not preserved', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const cli = new Cli(bus);
	const {checkpoint} = await cli.ok<FreezeResult>(t, 'freeze', counter.name, '--verify-memory');
	const dumped = join(checkpoint, 'images', 'pages-1.img');
	// The first zero of the last page, which is on the stack: unused, so that the service runs on.
	const content = readFileSync(dumped);
	const at = content.indexOf(0, content.length - 4096);
	const fd = openSync(dumped, 'r+');
	writeSync(fd, Buffer.of(1), 0, 1, at);
	closeSync(fd);
	const {code, document} = await cli.json<ThawResult>('thaw', checkpoint, '--verify-memory');
	t.is(code, 1, JSON.stringify(document));
	const pages = ({verdict}: Pick<ThawResult, 'verdict'>) =>
		verdict.differences.filter(({reason}) => reason === 'page-changed');
	const [page, ...more] = pages(document);
	t.deepEqual(more, []);
	t.is(page?.class, 'broken');
	t.regex(String(page?.before), /^\[stack\]\+0x/);
	const compared = await cli.json<Pick<ThawResult, 'verdict'>>('diff', checkpoint);
	t.is(compared.code, 1);
	t.is(pages(compared.document)[0]?.path, page?.path);
});
