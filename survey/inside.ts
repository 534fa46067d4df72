import {servicesOnOwnBus, units} from './table.js';
import {tryOut} from './trial.js';
import {asUnit, ownBus} from './world.js';

/*
 * Runs on a device: `inside.ts KEY CYCLES` tries one service out and prints its finding as a line of JSON. A process for
 * each, so that none disturbs the next.
 */
const [key = '', cycles = '3'] = process.argv.slice(2);
const byKey = (name: string) => {
	const found = servicesOnOwnBus.find((one) => one.key === name);
	if (!found) throw new Error(`no service ${name}`);
	return found;
};
const unit = units.find((one) => one.key === key);
const service = unit ?? byKey(key);
const makeWorld = () => (unit ? asUnit(unit) : ownBus(byKey(key), (byKey(key).needs ?? []).map(byKey)));
const finding = await tryOut(service, unit ? 'unit' : 'bus', Number(cycles), makeWorld);
process.stdout.write(`${JSON.stringify(finding)}\n`, () => process.exit(0));
