import fs from 'node:fs';
import path from 'node:path';
import {messages} from '../messages.mjs';
import {capture} from './command.mjs';
import {root} from './places.mjs';
import {SetupError, step} from './report.mjs';
import {stampOf} from './stamps.mjs';

const at = (...names) => path.join(root, ...names);

/** Compiles `src` to `dist` when a source, the compiler's options or the packages changed. */
export async function program(stamps, env) {
	const stamp = stampOf([at('src'), at('tsconfig.json'), at('package.json'), at('package-lock.json')]);
	if (fs.existsSync(at('dist/cli/main.js')) && stamps.matches('build', stamp)) return;
	await step(messages.steps.build, async () => {
		const {ok, output} = await capture([at('node_modules/.bin/tsc'), '-p', 'tsconfig.json'], {
			cwd: root,
			env,
		});
		if (!ok) throw new SetupError(messages.buildFailed, {exitCode: 1, detail: output});
	});
	stamps.set('build', stamp);
}

/** What `doctor` and the first freeze that needs it would build; without a compiler there is none, which doctor tells. */
export async function preload(node, env) {
	const script = `import {preloadLibrary} from ${JSON.stringify(at('dist/criu/preload.js'))};
await preloadLibrary(process.env).catch(() => {});`;
	await capture([node, '--input-type=module', '-e', script], {cwd: root, env});
}

const fixturesStamp = () => stampOf([at('fixtures')], ['bin']);

export function fixturesAreBuilt(stamps) {
	return fs.existsSync(at('fixtures/bin')) && stamps.matches('fixtures', fixturesStamp());
}

/** Compiles the demo services when one of their sources changed. */
export async function fixtures(stamps) {
	if (fixturesAreBuilt(stamps)) return;
	const stamp = fixturesStamp();
	await step(messages.steps.fixtures, async () => {
		const {ok, output} = await capture(['make', '-C', at('fixtures'), '-j2']);
		if (!ok) throw new SetupError(messages.fixturesFailed, {exitCode: 1, detail: output});
	});
	stamps.set('fixtures', stamp);
}
