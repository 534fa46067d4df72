import {parseArgs} from 'node:util';
import {faultKinds, planOf} from './faults.js';
import {Random} from './random.js';
import {type Played, soak} from './soak.js';

/*
 * npm run soak -- [--count 500] [--seed N] [--fault KIND]: freezes and thaws real services under a calling client, each time with
 * one fault at a random moment, and checks that the service runs, or is frozen and can be thawed, or is said to be
 * lost. Round n has the seed N + n; a round is repeated with --seed SEED --count 1.
 */
const {values} = parseArgs({
	options: {
		count: {type: 'string'},
		seed: {type: 'string'},
		fault: {type: 'string'},
		verbose: {type: 'boolean'},
	},
});
const count = Number(values.count ?? 500);
const first = Number(values.seed ?? Date.now() % 1_000_000_000);
const played: Played[] = [];
const start = performance.now();
process.stdout.write(`${count} rounds, --seed ${first}\n`);

// Its buses and disks go away with it.
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

await soak(
	seeds(),
	(round) => {
		played.push(round);
		if (round.problems.length > 0) tell(round);
		else if (values.verbose) process.stdout.write(`${line(round)}\n`);
		else if (played.length % 50 === 0) process.stdout.write(`${played.length} rounds\n`);
	},
	stop.signal,
);

/** With --fault only the seeds whose rounds have that fault. */
function* seeds(): Generator<number> {
	for (let seed = first, found = 0; found < count; seed++) {
		if (values.fault !== undefined && planOf(new Random(seed)).fault !== values.fault) continue;
		found++;
		yield seed;
	}
}

function line({seed, service, plan, hit, outcome, signal}: Played): string {
	const {operation, policy, switches, fault, phase, delayMs} = plan;
	const what = `${service}, ${operation}, ${policy}${switches ? ' (switched)' : ''}`;
	return `seed ${seed}: ${what}; ${fault}${hit ? '' : ' (hit nothing)'} at ${phase} + ${delayMs.toFixed(0)} ms: ${outcome}${signal ? ` (${signal})` : ''}`;
}

function tell(round: Played): void {
	process.stdout.write(
		`${line(round)}\n${round.problems.map((problem) => `  VIOLATED: ${problem}\n`).join('')}`,
	);
	process.stdout.write(`  repeat it with: npm run soak -- --seed ${round.seed} --count 1\n`);
}

const minutes = (performance.now() - start) / 60_000;
process.stdout.write(`\n${played.length} rounds in ${minutes.toFixed(1)} minutes\n`);
for (const kind of faultKinds) {
	const rounds = played.filter(({plan}) => plan.fault === kind);
	const hits = rounds.filter(({hit}) => hit).length;
	const outcomes = Map.groupBy(rounds, ({outcome, problems}) => (problems.length > 0 ? 'VIOLATED' : outcome));
	const counts = [...outcomes].map(([outcome, some]) => `${outcome} ${some.length}`).sort();
	process.stdout.write(
		`  ${kind.padEnd(18)} ${String(rounds.length).padStart(4)} (hit ${hits}): ${counts.join(', ')}\n`,
	);
}
const violated = played.filter(({problems}) => problems.length > 0).length;
process.stdout.write(
	violated === 0 ? 'The invariant held in every round.\n' : `VIOLATED in ${violated} rounds.\n`,
);
process.exit(violated === 0 ? 0 : 1);
