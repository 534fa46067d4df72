import {execFileSync} from 'node:child_process';
import {closeSync, existsSync, openSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {loadedCriu} from '../../src/criu/loader.js';
import {type CriuPlace, ordinaryPlace, placeCriu} from '../../src/criu/place.js';
import {preloadLibrary} from '../../src/criu/preload.js';
import {temporaryFolder} from '../support/compile.js';
import {criuPath} from '../support/criu.js';
import {runProgram} from '../support/run-program.js';

const jobIn = (imageDir: string) => ({
	imageDir,
	log: join(imageDir, 'dump.log'),
	actionScript: undefined,
	held: [],
});

test('for most targets criu is an ordinary program of ours', async (t) => {
	const job = jobIn(temporaryFolder(t));
	const placed = placeCriu('/usr/sbin/criu', job, ordinaryPlace);
	t.deepEqual([placed.command, placed.before, placed.env, placed.job], ['/usr/sbin/criu', [], {}, job]);
	t.is(placeCriu('/usr/sbin/criu', job, {...ordinaryPlace, logByPipe: true}).job.log, undefined);
});

test('criu runs in another mount namespace, where nothing of ours is to be seen', async (t) => {
	const imageDir = temporaryFolder(t);
	writeFileSync(join(imageDir, 'dump.log'), '');
	const hide =
		'for hidden in /tmp /var/cache; do mount -t tmpfs none $hidden || exit; done; echo ready; exec sleep 60';
	const {pid} = await runProgram(t, 'unshare', [
		'--mount',
		'--propagation',
		'private',
		'/bin/sh',
		'-c',
		hide,
	]);
	const ourFd = openSync(`/proc/${pid}/ns/mnt`, 'r');
	t.teardown(() => closeSync(ourFd));
	const place: CriuPlace = {...ordinaryPlace, namespaces: [{kind: 'mnt', ourFd}]};
	const {command, before, job, close} = placeCriu(await criuPath(), jobIn(imageDir), place);
	t.regex(execFileSync(command, [...before, '--version'], {encoding: 'utf8'}), /^Version: /);
	// The images are there under the name that criu is told, and under no other.
	const look = (folder: string) =>
		execFileSync('nsenter', [`--mount=/proc/self/fd/3`, 'ls', folder], {
			stdio: ['ignore', 'pipe', 'ignore', ourFd],
			encoding: 'utf8',
		});
	t.is(look(job.imageDir), 'dump.log\n');
	t.throws(() => look(imageDir));
	close();
});

test('it begins in the cgroups that it is told, or not at all', async (t) => {
	const folder = temporaryFolder(t);
	// Any file takes the 0 that means "me".
	writeFileSync(join(folder, 'cgroup.procs'), '');
	const placed = (cgroups: string[]) => {
		const {command, before} = placeCriu('/bin/echo', jobIn(folder), {...ordinaryPlace, cgroups});
		return execFileSync(command, [...before, 'a criu'], {
			encoding: 'utf8',
			stdio: ['ignore', 'pipe', 'ignore'],
		});
	};
	t.is(placed([folder, folder]), 'a criu\n');
	t.is(readFileSync(join(folder, 'cgroup.procs'), 'utf8'), '0\n');
	t.throws(() => placed([join(folder, 'gone')]), {message: /Command failed/});
});

test('a program of this system runs through its loader with its libraries', (t) => {
	const found = loadedCriu(execFileSync('which', ['ls'], {encoding: 'utf8'}).trim());
	if (!found) return t.fail();
	const {loader, libraries, program} = found;
	const args = ['--library-path', libraries.join(':'), program, '--version'];
	t.regex(execFileSync(loader, args, {encoding: 'utf8', env: {}}), /^ls/);
	t.is(loadedCriu(join(import.meta.dirname, 'place.test.ts')), undefined, 'no program');
});

test('without a compiler there is no library; with one, it is built once', async (t) => {
	const env = {XDG_CACHE_HOME: temporaryFolder(t)};
	const tried: string[] = [];
	const missing = await preloadLibrary(
		env,
		async ({command}) => {
			tried.push(command);
			return {exitCode: null, stdout: '', stderr: '', startError: 'ENOENT'};
		},
		env.XDG_CACHE_HOME,
	);
	t.deepEqual(missing, {missing: 'compiler', detail: 'cc, gcc, clang'});
	t.deepEqual(tried, ['cc', 'gcc', 'clang']);
	const built = await preloadLibrary(env, undefined, env.XDG_CACHE_HOME);
	if (!('library' in built)) return t.fail(JSON.stringify(built));
	t.true(existsSync(built.library));
	t.deepEqual(await preloadLibrary(env, () => Promise.reject(new Error('again')), env.XDG_CACHE_HOME), built);
});
