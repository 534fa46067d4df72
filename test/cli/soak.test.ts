import test from 'ava';
import {faultKinds, planOf} from '../../soak/faults.js';
import {Random} from '../../soak/random.js';
import {soak} from '../../soak/soak.js';

/** The first seed whose round has this fault. */
function seedOf(fault: (typeof faultKinds)[number]): number {
	for (let seed = 1; ; seed++) if (planOf(new Random(seed)).fault === fault) return seed;
}

// `npm run soak` plays hundreds; a criu that hangs has a test of its own and takes seconds.
test('one round of the soak with each kind of fault', async (t) => {
	const seeds = faultKinds.filter((kind) => kind !== 'none' && kind !== 'criu hangs').map(seedOf);
	await soak(seeds, ({seed, plan, outcome, problems}) => {
		t.log(`seed ${seed}: ${plan.fault} at ${plan.phase}: ${outcome}`);
		t.deepEqual(problems, [], `npm run soak -- --seed ${seed} --count 1`);
	});
});
