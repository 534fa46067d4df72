import fs from 'node:fs';
import os from 'node:os';
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
	const has = await featuresHere(criu, run);
	if (!had || !has) return undefined;
	return [...had].filter((feature) => !has.has(feature));
}

/** Asked of CRIU itself, which reads CPUID as it did for the dump; not known where it can write nothing. */
async function featuresHere(criu: CriuBinary, run: Runner): Promise<Set<string> | undefined> {
	let folder: string | undefined;
	try {
		folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dbusfreeze-cpu-'));
		const args = ['cpuinfo', 'dump', '-D', folder, '--cpu-cap=cpu'];
		const {exitCode} = await run({command: criu.path, args});
		return exitCode === 0 ? await featuresInImage(path.join(folder, cpuImage)) : undefined;
	} catch {
		// A full disk keeps nobody from thawing.
		return undefined;
	} finally {
		if (folder !== undefined) fs.rmSync(folder, {recursive: true, force: true});
	}
}
