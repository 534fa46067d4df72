// All checks of the repository: lint, types, tests. Arguments are files for ava. The last line is
// "N passed, N failed"; lint and types count as one test each. Exit code 1 if anything failed.
import {spawn} from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';
import {AvaOutput} from './ava-output.mjs';
import {messages} from './messages.mjs';
import {capture} from './setup/command.mjs';
import {root} from './setup/places.mjs';

const tool = (name) => path.join(root, 'node_modules/.bin', name);
const total = {passed: 0, failed: 0};

async function check(name, argv) {
	const {ok, output} = await capture(argv, {cwd: root});
	console.log(`${ok ? '✔' : '✘'} ${name}`);
	if (!ok) console.log(output);
	total[ok ? 'passed' : 'failed']++;
}

async function runAva(files) {
	// Two files at a time: tests start buses, services and criu, and the benchmarks' machine has two cores.
	const child = spawn(process.execPath, [tool('ava'), '--concurrency=2', ...files], {
		cwd: root,
		// Ink, which some tests render with, prints nothing but the last frame where it sees CI.
		env: withoutContinuousIntegration(process.env),
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const ended = new Promise((resolve) => child.on('close', resolve));
	const output = new AvaOutput();
	for await (const line of readline.createInterface({input: child.stdout})) {
		console.log(line);
		output.read(line);
	}

	output.end(await ended);
	total.passed += output.passed;
	total.failed += output.failed;
}

function withoutContinuousIntegration({CI: _1, CONTINUOUS_INTEGRATION: _2, ...env}) {
	return env;
}

await check(messages.testNames.lint, [tool('biome'), 'check', '.']);
await check(messages.testNames.types, [tool('tsc'), '--noEmit', '-p', 'tsconfig.test.json']);
await runAva(process.argv.slice(2));

console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;
