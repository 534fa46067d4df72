import fs from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {Fault} from '../../src/common/fault.js';
import {findCriu, privateCriu} from '../../src/criu/find.js';
import {temporaryFolder} from '../support/compile.js';

/** A program that says it is this version: what is chosen depends on no more. */
function criuIn(folder: string, version: string): string {
	fs.mkdirSync(folder, {recursive: true});
	const file = path.join(folder, 'criu');
	fs.writeFileSync(file, `#!/bin/sh\necho "Version: ${version}"\n`, {mode: 0o755});
	return file;
}

function setting(t: ExecutionContext, system: string | undefined, own: string | undefined) {
	const root = temporaryFolder(t);
	const env = {PATH: path.join(root, 'bin'), DBUSFREEZE_CRIU_DIR: path.join(root, 'own')};
	const inPath = system === undefined ? '' : criuIn(env.PATH, system);
	const kept = own === undefined ? '' : criuIn(env.DBUSFREEZE_CRIU_DIR, own);
	return {env, inPath, kept};
}

test("the system's when it is new enough", async (t) => {
	const {env, inPath} = setting(t, '4.2', '4.2.1');
	t.deepEqual(await findCriu(undefined, env), {path: inPath, version: '4.2'});
});

test('else the private one', async (t) => {
	const {env, kept} = setting(t, '3.17.1', '4.2.1');
	t.is(privateCriu(env), kept);
	t.is((await findCriu(undefined, env)).path, kept);
});

test('a named one is used or refused, never replaced', async (t) => {
	const {env} = setting(t, '4.2', '4.2.1');
	const error = await t.throwsAsync(findCriu('/nowhere', env), {instanceOf: Fault});
	t.deepEqual((error as Fault<'no-criu'>).params.tried, [{path: '/nowhere', problem: 'missing'}]);
});

test('ten is newer than four', async (t) => {
	const {env, inPath} = setting(t, '10.0', undefined);
	t.is((await findCriu(undefined, env)).path, inPath);
});
