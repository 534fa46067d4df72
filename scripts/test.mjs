// All checks of the repository: lint, types, tests. Arguments are files for ava. The last line is
// "N passed, N failed"; lint and types count as one test each. Exit code 1 if anything failed.
import path from 'node:path';
import {runAva} from './ava.mjs';
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

await check(messages.testNames.lint, [tool('biome'), 'check', '.']);
await check(messages.testNames.types, [tool('tsc'), '--noEmit', '-p', 'tsconfig.test.json']);
const {passed, failed} = await runAva(process.argv.slice(2));
total.passed += passed;
total.failed += failed;

console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;
