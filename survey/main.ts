import {Devices, unavailable} from './devices.js';
import type {Finding} from './model.js';
import {servicesOnOwnBus, units} from './table.js';

const wanted = process.argv.slice(2);
const all = [...servicesOnOwnBus, ...units];
const absent = await unavailable(all);
const services = all.filter(
	({key, packages}) =>
		(wanted.length === 0 || wanted.includes(key)) && !packages.some((name) => absent.has(name)),
);
const teardowns: Array<() => unknown> = [];
const t = {teardown: (work: () => unknown) => void teardowns.push(work)};
const devices = await Devices.prepare(
	t as never,
	all.flatMap(({packages}) => packages).filter((name) => !absent.has(name)),
);
const findings: Finding[] = [];
for (const service of services) {
	const finding = await devices.tryOut(service);
	findings.push(finding);
	console.log(JSON.stringify(finding));
}
for (const work of teardowns) await work();
