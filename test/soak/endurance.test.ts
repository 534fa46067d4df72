import {execFile} from 'node:child_process';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {promisify} from 'node:util';
import test from 'ava';
import {growth, type Size} from '../../soak/endurance/growth.js';
import {SteadyCaller} from '../../soak/endurance/steady-caller.js';
import {TestClient, testBus, until} from '../support/bus.js';
import {demoServices, startService} from '../support/services.js';

const {counter} = demoServices;

// `npm run endurance` does 200.
test('ten freezes and thaws in a row under a client that calls all the time', async (t) => {
	const main = path.resolve(import.meta.dirname, '../../soak/endurance/main.ts');
	const {stdout} = await promisify(execFile)(process.execPath, ['--import=tsx', main, '--count', '10']);
	t.log(stdout);
	t.regex(stdout, /^10 cycles, [1-9]\d* calls answered, [1-9]\d* of other services$/m);
});

test('a call that is handled twice is noticed', async (t) => {
	const bus = await testBus(t);
	await startService(bus, counter);
	const caller = await SteadyCaller.start(bus, counter);
	await until(() => caller.answered > 10, 'it calls');
	t.is(caller.problem, undefined);
	await (await TestClient.connect(t, bus)).add(counter, 1);
	await until(() => caller.problem !== undefined, 'it notices');
	t.regex(caller.problem ?? '', /^call \d+ gave \d+ after \d+$/);
	await caller.stop();
});

test('a call that nobody answers is noticed', async (t) => {
	const bus = await testBus(t);
	const {pid} = await startService(bus, counter);
	const caller = await SteadyCaller.start(bus, counter);
	await until(() => caller.answered > 10, 'it calls');
	process.kill(pid, 'SIGKILL');
	await until(() => caller.problem !== undefined, 'it notices');
	t.regex(caller.problem ?? '', /NoReply|ServiceUnknown|NameHasNoOwner/);
	await Promise.race([caller.stop(), delay(5000).then(() => t.fail('it never stops'))]);
});

const size = (rss: number, fds = 4, threads = 1): Size => ({rss, fds, threads});
const row = (count: number, of: (n: number) => Size) => Array.from({length: count}, (_, n) => of(n));

test('memory that grows by a little in each cycle is a leak; noise and a warm-up are none', (t) => {
	const bound = {rss: 100};
	t.deepEqual(
		growth(
			'it',
			row(40, (n) => size(1000 + 5 * n)),
			8,
			bound,
		).length,
		1,
	);
	t.deepEqual(
		growth(
			'it',
			row(40, (n) => size(n === 20 ? 9000 : 1000 + (n % 2))),
			8,
			bound,
		),
		[],
	);
	t.deepEqual(
		growth(
			'it',
			row(40, (n) => size(n < 8 ? 100 * n : 1000)),
			8,
			bound,
		),
		[],
	);
});

test('one descriptor or thread more is a leak', (t) => {
	t.deepEqual(
		growth(
			'it',
			row(9, (n) => size(1, n < 8 ? 4 : 5)),
			2,
			{rss: 1},
		),
		['it: fds 4, 5'],
	);
	t.deepEqual(
		growth(
			'it',
			row(9, (n) => size(1, 4, n < 8 ? 1 : 2)),
			2,
			{rss: 1},
		),
		['it: threads 1, 2'],
	);
	t.deepEqual(
		growth(
			'it',
			row(9, (n) => size(1, 4, n < 8 ? 1 : 2)),
			2,
			{rss: 1, threadsVary: true},
		),
		[],
	);
});
