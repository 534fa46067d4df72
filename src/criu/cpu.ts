import fs from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import path from 'node:path';
import {type Runner, runCommand} from '../common/runner.js';
import type {CriuBinary} from './find.js';
import {cpuImage, featuresInImage} from './images/cpu-features.js';

/**
 * What the processor of the dump had and this one has not, by the names of /proc/cpuinfo: a program that has found
 * out at its start what it may use dies of SIGILL without it. CRIU's own default is to look at the FPU only, its
 * strict mode asks for the very same processor.
 * undefined: the images do not tell (a dump without `--cpu-cap`), or it cannot be found out here.
 * @throws Fault `bad-image`.
 */
export async function missingFeatures(
	imageDir: string,
	criu: CriuBinary,
	run: Runner = runCommand,
): Promise<string[] | undefined> {
	const image = path.join(imageDir, cpuImage);
	if (!fs.existsSync(image)) return undefined;
	const had = await featuresInImage(image);
	const has = await featuresHere(imageDir, criu, run);
	if (!had || !has) return undefined;
	return [...had].filter((feature) => !has.has(feature));
}

/** Asked of CRIU itself, which reads CPUID as it did for the dump. */
async function featuresHere(near: string, criu: CriuBinary, run: Runner): Promise<Set<string> | undefined> {
	const folder = await mkdtemp(`${near}-cpu-`);
	try {
		const args = ['cpuinfo', 'dump', '-D', folder, '--cpu-cap=cpu'];
		const {exitCode} = await run({command: criu.path, args});
		return exitCode === 0 ? await featuresInImage(path.join(folder, cpuImage)) : undefined;
	} finally {
		await rm(folder, {recursive: true, force: true});
	}
}
