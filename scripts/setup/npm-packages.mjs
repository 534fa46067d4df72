import fs from 'node:fs';
import path from 'node:path';
import {messages} from '../messages.mjs';
import {capture} from './command.mjs';
import {npmCommand} from './npm-command.mjs';
import {root} from './places.mjs';
import {SetupError, step} from './report.mjs';
import {contentStamp} from './stamps.mjs';

/**
 * Whether what is installed is what the lock file asks for. Packages for other machines are optional there
 * and absent here.
 * @param {{packages: Record<string, {version?: string, optional?: boolean}>}} wanted package-lock.json
 * @param {{packages: Record<string, {version?: string}>}} installed node_modules/.package-lock.json
 */
export function isInstalled(wanted, installed) {
	return Object.entries(wanted.packages).every(
		([place, {version, optional}]) =>
			place === '' ||
			installed.packages[place]?.version === version ||
			(optional && !installed.packages[place]),
	);
}

/** `npm ci`, unless node_modules holds already what the lock file asks for. */
export async function npmPackages(stamps) {
	const lock = path.join(root, 'package-lock.json');
	// npm writes this one when it has finished.
	const installed = path.join(root, 'node_modules/.package-lock.json');
	const stamp = () => `${contentStamp(lock)} ${contentStamp(installed)}`;
	const read = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));
	if (fs.existsSync(installed)) {
		if (stamps.matches('npm', stamp())) return;
		if (isInstalled(read(lock), read(installed))) {
			stamps.set('npm', stamp());
			return;
		}
	}

	await step(messages.steps.npm, async () => {
		// No package of ours needs its install script: koffi and esbuild bring ready binaries.
		const {ok, output} = await capture(
			[...npmCommand(), 'ci', '--ignore-scripts', '--no-audit', '--no-fund'],
			{cwd: root},
		);
		if (!ok) throw new SetupError(messages.npmFailed('npm run setup'), {detail: output});
	});
	stamps.set('npm', stamp());
}
