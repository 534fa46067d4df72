import fs from 'node:fs';
import path from 'node:path';
import {parseArgs} from 'node:util';
import type {BenchRow} from './rows.js';

/** What can be measured, loaded one at a time so that none disturbs the others. */
const benches: Record<string, (messages?: number) => Promise<BenchRow[]>> = {
	downtime: async () => (await import('./downtime.js')).downtimeBench(),
	handover: async () => (await import('./handover.js')).handoverBench(),
	thaw: async () => (await import('./thaw.js')).thawBench(),
	monitor: async (messages) => (await import('./monitor.js')).monitorBench(messages),
	stash: async () => (await import('./stash.js')).stashBench(),
	pack: async () => (await import('./pack.js')).packBench(),
	screen: async () => (await import('./screen.js')).screenBench(),
	'screen-flood': async (messages) => (await import('./screen-flood.js')).screenFloodBench(messages),
	snapshot: async () => (await import('./snapshot.js')).snapshotBench(),
	memory: async () => (await import('./memory.js')).memoryBench(),
};

const {positionals: wanted, values} = parseArgs({
	allowPositionals: true,
	// For `monitor` and `screen-flood`: how many messages a flood has.
	options: {messages: {type: 'string'}},
});
const messages = values.messages === undefined ? undefined : Number(values.messages);
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
	console.error(`no such measurement: ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`);
	process.exit(2);
}
const rows: BenchRow[] = [];
for (const [name, bench] of Object.entries(benches)) {
	if (wanted.length > 0 && !wanted.includes(name)) continue;
	console.error(`measuring ${name} …`);
	rows.push(...(await bench(messages)));
}
printTable(rows);
const folder = path.resolve(import.meta.dirname, '../bench-results');
fs.mkdirSync(folder, {recursive: true});
const file = path.join(folder, `${new Date().toISOString().replace(/[:.]/g, '-')}.json`);
fs.writeFileSync(file, `${JSON.stringify({node: process.version, rows}, undefined, '\t')}\n`);
console.error(`as JSON: ${path.relative(process.cwd(), file)}`);

function printTable(all: readonly BenchRow[]): void {
	for (const {name, ours, peer, peerName, unit, ratio, target, note} of all) {
		const verdict =
			target === undefined
				? ''
				: ratio <= target
					? `  (target ≤ ${target}: met)`
					: `  (target ≤ ${target}: MISSED)`;
		console.log(`${name}`);
		console.log(
			`  ours ${format(ours)} ${unit}, ${peerName} ${format(peer)} ${unit}, ratio ${ratio.toFixed(3)}${verdict}`,
		);
		if (note) console.log(`  ${note}`);
	}
}

function format(value: number): string {
	return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}
