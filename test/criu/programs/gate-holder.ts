import {StageGate} from '../../../src/criu/stage-gate.js';

/* A debugger that never answers. It prints a line when the gate is there, and one when it is asked. */
const gate = new StageGate(process.argv[2] ?? '');
console.log('ready');
await gate.during(
	() => {
		console.log('asked');
		return new Promise(() => {});
	},
	() => new Promise((resolve) => setTimeout(resolve, 60_000)),
);
