/** The real screen on the recorded world; what the PTY tests and the picture of the README run. */
import {languageOf, setLanguage} from '../../src/i18n/index.js';
import {runTui} from '../../src/tui/run.js';
import {FakePort} from './fake-port.js';

const {env} = process;
setLanguage(languageOf(env));
const port = new FakePort({
	perSecond: Number(env.FAKE_RATE ?? 40),
	readOnly: env.FAKE_READ_ONLY === '1',
	preserved: env.FAKE_BROKEN !== '1',
	frozenBefore: env.FAKE_FROZEN === '1',
	...(env.FAKE_BLOCKER ? {blockers: [env.FAKE_BLOCKER]} : {}),
});
const frames: number[] = [];

/** Once the screen is there: a promise that nobody waits for, or a component that throws. */
function crash(): void {
	if (frames.length !== 3) return;
	if (env.FAKE_CRASH === 'promise') void Promise.reject(new Error('crashed on purpose'));
	if (env.FAKE_CRASH === 'component') {
		port.traffic.nameOf = () => {
			throw new Error('crashed on purpose');
		};
	}
}

try {
	const summary = await runTui(port, {
		stdin: process.stdin,
		stdout: process.stdout,
		onFrame(ms) {
			frames.push(ms);
			crash();
		},
	});
	const signal = summary.signal ? ` by ${summary.signal}` : '';
	console.log(
		`left${signal}, frozen: ${summary.frozen.map(({checkpoint}) => checkpoint).join(' ') || 'none'}`,
	);
	if (env.FAKE_FRAMES) {
		const sorted = frames.sort((a, b) => a - b);
		const at = (q: number) => (sorted[Math.floor(sorted.length * q)] ?? 0).toFixed(1);
		console.log(
			`frames ${sorted.length} p50 ${at(0.5)} p95 ${at(0.95)} cpu ${JSON.stringify(process.cpuUsage())}`,
		);
	}
	process.exit(summary.signal ? 143 : 0);
} catch (error) {
	console.log(`error: ${error instanceof Error ? error.message : error}`);
	process.exit(3);
}
