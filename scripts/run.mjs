// npm run setup | demo | test | test:services | test:reboot | fuzz | soak | endurance | bench: sets up what is missing,
// then does the job. Plain JavaScript without dependencies, because it runs first, on whatever Node the machine has.
import path from 'node:path';
import {messages} from './messages.mjs';
import {become} from './setup/command.mjs';
import {setUp} from './setup/index.mjs';
import {root} from './setup/places.mjs';
import {printError, SetupError} from './setup/report.mjs';

const jobs = {
	setup: undefined,
	demo: [path.join(root, 'dist/cli/main.js'), 'demo'],
	test: [path.join(root, 'scripts/test.mjs')],
	services: ['--import=tsx', path.join(root, 'survey/main.ts')],
	fuzz: ['--import=tsx', path.join(root, 'test/fuzz/main.ts')],
	soak: ['--import=tsx', path.join(root, 'soak/main.ts')],
	endurance: ['--import=tsx', path.join(root, 'soak/endurance/main.ts')],
	bench: ['--import=tsx', path.join(root, 'bench/main.ts')],
	reboot: ['--import=tsx', path.join(root, 'reboot/main.ts')],
};

async function main([job, ...args]) {
	if (!Object.hasOwn(jobs, job ?? '')) {
		process.stderr.write(`${messages.usage}\n`);
		return 2;
	}

	const {node, env} = await setUp(job);
	return jobs[job] ? become([node, ...jobs[job], ...args], {cwd: root, env}) : 0;
}

try {
	process.exitCode = await main(process.argv.slice(2));
} catch (error) {
	if (!(error instanceof SetupError)) throw error;
	printError(error);
	process.exitCode = error.exitCode;
}
