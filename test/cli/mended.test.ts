import path from 'node:path';
import test from 'ava';
import {readFds} from '../../src/process/fds.js';
import {readSocketOptions} from '../../src/process/socket-options.js';
import type {ThawResult} from '../../src/session/events.js';
import {testBus} from '../support/bus.js';
import {Cli} from '../support/cli.js';
import {compile, temporaryFolder} from '../support/compile.js';
import {demoServices, startService} from '../support/services.js';

const {counter} = demoServices;

test('what CRIU does not bring back as it was is put right: locks on mapped files, SO_REUSEPORT', async (t) => {
	const bus = await testBus(t);
	const source = path.join(import.meta.dirname, 'programs/quirks.c');
	const library = compile(t, source, ['-shared', '-fPIC']);
	const file = path.join(temporaryFolder(t), 'database-shm');
	const env = {LD_PRELOAD: library, QUIRK_FILE: file};
	const {pid} = await startService(bus, counter, {env});
	const locks = () => readFds(pid).locks;
	const options = () => {
		const sockets = readFds(pid).fds.filter(({kind}) => kind === 'socket');
		return [
			...readSocketOptions(
				pid,
				sockets.map(({fd}) => fd),
			).values(),
		].map(({SO_REUSEADDR, SO_REUSEPORT}) => `${SO_REUSEADDR} ${SO_REUSEPORT}`);
	};
	const before = {locks: locks(), options: options()};
	t.deepEqual(before.locks, [`POSIX READ 128-128 ${file}`]);
	t.is(before.options.filter((one) => one === '1 0').length, 4);
	const cli = new Cli(bus);
	for (let round = 1; round <= 2; round++) {
		const {verdict, warnings} = await cli.ok<ThawResult>(t, 'cycle', counter.name);
		t.true(verdict.preserved, JSON.stringify(verdict.differences.filter((one) => one.class !== 'expected')));
		t.deepEqual(warnings, []);
		t.deepEqual({locks: locks(), options: options()}, before);
	}
});

test('memory that grows and shrinks between the first look and the freeze is no loss', async (t) => {
	const bus = await testBus(t);
	const source = path.join(import.meta.dirname, 'programs/breathing.c');
	const env = {LD_PRELOAD: compile(t, source, ['-shared', '-fPIC'])};
	await startService(bus, counter, {env});
	const {verdict} = await new Cli(bus).ok<ThawResult>(t, 'cycle', counter.name);
	t.true(verdict.preserved, JSON.stringify(verdict.differences.filter((one) => one.class !== 'expected')));
	const maps = verdict.differences.filter((one) => one.path.includes('/maps/'));
	t.true(maps.length > 0, 'it has changed');
});
