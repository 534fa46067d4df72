import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {parseArgs} from 'node:util';
import {median} from '../../bench/rows.js';
import {type Endurance, endure} from './endure.js';

/*
 * npm run endurance -- [--count 200]: one service, that many freezes and thaws in a row under a client that calls all
 * the time. Exit code 1 if a call was lost, doubled or out of order, or if memory or descriptors grew.
 */
const {values} = parseArgs({options: {count: {type: 'string'}, inside: {type: 'boolean'}}});

if (values.inside) await report(await endure(Number(values.count ?? 200), tell));
else await enclosed();

/**
 * Again, in a pid namespace of its own: there a shell is the parent of all that has none, and reaps a frozen process
 * at once, where the PID 1 of a container may take seconds for it; and all ends with it.
 */
async function enclosed(): Promise<void> {
	const namespace = ['--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private'];
	const node = [process.execPath, ...process.execArgv, ...process.argv.slice(1), '--inside'];
	const child = spawn('unshare', [...namespace, '/bin/sh', '-c', '"$@"; exit $?', 'sh', ...node], {
		stdio: 'inherit',
	});
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill('SIGKILL'));
	const [code] = await once(child, 'exit');
	process.exitCode = code ?? 1;
}

function tell(done: number): void {
	if (done % 20 === 0) process.stdout.write(`${done} cycles\n`);
}

async function report({cycles, calls, others, sizes, problems}: Endurance): Promise<void> {
	process.stdout.write(`${cycles} cycles, ${calls} calls answered, ${others} of other services\n`);
	for (const [who, all] of Object.entries(sizes)) {
		const [first, last] = [all.slice(0, 10), all.slice(-10)].map((some) => median(some.map(({rss}) => rss)));
		const fds = [...new Set(all.map((size) => size.fds))];
		process.stdout.write(
			`  ${who.padEnd(10)} ${first} kB in the first cycles, ${last} kB in the last; descriptors ${fds.join(', ')}\n`,
		);
	}
	for (const problem of problems) process.stdout.write(`VIOLATED: ${problem}\n`);
	process.exitCode = problems.length > 0 ? 1 : 0;
}
