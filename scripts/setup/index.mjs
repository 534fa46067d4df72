import path from 'node:path';
import {broker} from './broker.mjs';
import * as build from './build.mjs';
import {criu} from './criu.mjs';
import {
	debianPackages,
	niceToTest,
	optionalDebianPackages,
	toBuildFixtures,
	toCompare,
	toReboot,
	toRun,
	toTest,
} from './debian-packages.mjs';
import {nodeRuntime} from './node-runtime.mjs';
import {npmPackages} from './npm-packages.mjs';
import {toolchain} from './places.mjs';
import {Stamps} from './stamps.mjs';

/**
 * Brings this checkout to where its commands can run; does only what is still to do.
 * @param {string} job
 * @returns {Promise<{node: string, env: NodeJS.ProcessEnv}>} the Node to use, and the environment where it comes first
 */
export async function setUp(job) {
	const stamps = new Stamps(path.join(toolchain, 'stamps.json'));
	await debianPackages([
		...toRun,
		...(build.fixturesAreBuilt(stamps) ? [] : toBuildFixtures),
		...(job === 'test' || job === 'services' ? toTest : []),
		...(job === 'bench' ? toCompare : []),
		...(job === 'reboot' ? toReboot : []),
	]);
	if (job === 'test') await optionalDebianPackages(niceToTest);
	const node = await nodeRuntime();
	const env = {...process.env, PATH: `${path.dirname(node)}:${process.env.PATH}`};
	await npmPackages(stamps);
	await criu(stamps);
	if (job === 'test') await broker();
	await build.fixtures(stamps);
	await build.program(stamps, env);
	await build.preload(node, env);
	return {node, env};
}
