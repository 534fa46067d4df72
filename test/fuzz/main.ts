// npm run fuzz [-- FRAMES [SEED]]: damaged messages, by default a million, through all that reads messages.
import {fuzz} from './run.js';

const [frames = 1_000_000, seed = Date.now() % 1_000_000_000] = process.argv.slice(2).map(Number);
console.log(`${frames} damaged frames, seed ${seed}`);
const started = performance.now();
let told = 0;
const result = fuzz(frames, seed, (done) => {
	if (done - told < 100_000) return;
	told = done;
	console.log(`  ${done}  ${Math.round(process.memoryUsage.rss() / 1e6)} MB`);
});
const seconds = (performance.now() - started) / 1000;
console.log(
	`${result.frames} frames in ${seconds.toFixed(0)} s, ${result.accepted} of them still messages, slowest ${result.slowest.toFixed(0)} ms: no defect`,
);
