import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {whyNoRoots} from '../scripts/device/root.mjs';
import {findCriu} from '../src/criu/find.js';
import {Devices, unavailable} from './devices.js';
import {cells, document, score, summary} from './document.js';
import type {Finding} from './model.js';
import {Results} from './results.js';
import {servicesOnOwnBus, units} from './table.js';

/*
 * npm run test:services -- [--rest] [KEY …]: installs real services into a device, freezes and thaws each of them, and writes
 * what was found to docs/services.md. With keys: those only. --rest: those that have not been preserved so far.
 * Exit code 1 if one failed that had started.
 */
const {values, positionals: keys} = parseArgs({
	allowPositionals: true,
	options: {rest: {type: 'boolean'}},
});
const checkout = path.resolve(import.meta.dirname, '..');
const results = new Results(path.join(checkout, 'survey-results/findings.json'));
const all = [...servicesOnOwnBus, ...units];
const unknown = keys.filter((key) => !all.some((one) => one.key === key));
if (unknown.length > 0) {
	console.error(`no such service: ${unknown.join(', ')}; there are ${all.map(({key}) => key).join(', ')}`);
	process.exit(2);
}

const whyNot = whyNoRoots();
if (whyNot !== undefined) {
	console.error(`no devices can be made here: ${whyNot}`);
	process.exit(3);
}
const lacking = await unavailable(all);
const there = all.filter(({packages}) => !packages.some((name) => lacking.has(name)));
const isWanted = ({key}: {key: string}) =>
	keys.length > 0 ? keys.includes(key) : !values.rest || results.get(key)?.outcome !== 'preserved';
const teardowns: Array<() => unknown> = [];
// A device ends with its test, which this is.
const devices = await Devices.prepare(
	{teardown: (work: () => unknown) => void teardowns.push(work)},
	there.flatMap(({packages}) => packages),
);
const findings: Finding[] = [];
for (const service of there.filter(isWanted)) {
	const finding = await devices.tryOut(service, 3);
	findings.push(finding);
	results.put(finding);
	console.log(cells(finding).filter(Boolean).join('  '));
	for (const warning of new Set(finding.warnings)) console.log(`  ${warning}`);
}
for (const work of teardowns) await work();

const known = all.flatMap(({key}) => results.get(key) ?? []);
fs.writeFileSync(
	path.join(checkout, 'docs/services.md'),
	document(known, {
		date: new Date(),
		debian: fs.readFileSync('/etc/debian_version', 'utf8').trim(),
		kernel: os.release(),
		criu: (await findCriu(undefined, process.env)).version,
		cores: os.availableParallelism(),
		absent: all.filter((one) => !there.includes(one)).map(({key}) => key),
	}),
);
console.log(`\n${summary(findings)}`);
process.exitCode = score(findings).failed > 0 ? 1 : 0;
