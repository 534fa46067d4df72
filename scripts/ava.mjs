import {spawn} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import {AvaOutput} from './ava-output.mjs';
import {root} from './setup/places.mjs';

/**
 * Tests of one file follow each other (they freeze what is theirs, and stop daemons), which ava only does where files
 * follow each other, too. So some avas run at once: as many as there are processors on a small machine, since tests
 * mostly wait for buses, services and criu.
 */
const lanes = 2;

/** Files that one ava gets: few enough that no lane is left with much to do, many enough that starting it is cheap. */
const filesAtOnce = 8;

/**
 * Runs test files and prints what ava prints, failures told at length last.
 * @param {readonly string[]} chosen files for ava; all, if there are none
 * @returns {Promise<{passed: number, failed: number}>}
 */
export async function runAva(chosen) {
	const files = chosen.length > 0 ? [...chosen] : fs.globSync('test/**/*.test.{ts,tsx}', {cwd: root}).sort();
	const total = {passed: 0, failed: 0};
	const told = [];
	const lane = async () => {
		while (files.length > 0) {
			const {passed, failed, details} = await runFiles(files.splice(0, filesAtOnce));
			total.passed += passed;
			total.failed += failed;
			if (failed > 0) told.push(...details);
		}
	};
	await Promise.all(Array.from({length: lanes}, lane));
	for (const line of told) console.log(line);
	return total;
}

/** @param {readonly string[]} files */
async function runFiles(files) {
	const child = spawn(process.execPath, [path.join(root, 'node_modules/.bin/ava'), ...files], {
		cwd: root,
		// Ink, which some tests render with, prints nothing but the last frame where it sees CI.
		env: withoutContinuousIntegration(process.env),
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const ended = new Promise((resolve) => child.on('close', resolve));
	const output = new AvaOutput();
	const details = [];
	for await (const line of readline.createInterface({input: child.stdout})) {
		output.read(line);
		if (output.inSummary) details.push(line);
		else if (line !== '') console.log(line);
	}

	output.end(await ended);
	return {passed: output.passed, failed: output.failed, details};
}

function withoutContinuousIntegration({CI: _1, CONTINUOUS_INTEGRATION: _2, ...env}) {
	return env;
}
