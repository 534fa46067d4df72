import test, {type ExecutionContext} from 'ava';
import {whyNoRoots} from '../../scripts/device/root.mjs';
import {Devices, unavailable} from '../../survey/devices.js';
import {cells} from '../../survey/document.js';
import {servicesOnOwnBus} from '../../survey/table.js';

/** Of small packages, two of each library. `npm run test:services` tries all. */
const keys = [
	'hostnamed',
	'localed',
	'polkitd',
	'accounts-daemon',
	'dnsmasq',
	'avahi',
	'wpa_supplicant',
	'bolt',
	'dconf',
];
const chosen = servicesOnOwnBus.filter(({key}) => keys.includes(key));
/** Two at once: a good part of the time a service waits, or nobody does anything. */
const lanes = 2;

const whyNot = whyNoRoots();
const deviceTest = whyNot === undefined ? test : test.skip;
let devices: Devices;
const atEnd: Array<() => unknown> = [];

(whyNot === undefined ? test.before : test.before.skip)(
	'real services are installed on a device',
	async (t) => {
		// The root is made once on a machine.
		t.timeout(600_000);
		const absent = await unavailable(chosen);
		t.deepEqual([...absent], []);
		const file = {teardown: (work: () => unknown) => atEnd.push(work)} as unknown as ExecutionContext;
		devices = await Devices.prepare(
			file,
			chosen.flatMap(({packages}) => packages),
		);
	},
);

test.after.always('the device is switched off', async () => {
	for (const work of atEnd.reverse()) await work();
});

deviceTest(
	'real services of Debian are frozen and thawed, or refused before anything is touched',
	async (t) => {
		const waiting = [...chosen];
		const bad: string[] = [];
		const lane = async () => {
			for (let service = waiting.shift(); service; service = waiting.shift()) {
				const finding = await devices.tryOut(service, 1);
				t.log(cells(finding).filter(Boolean).join('  '));
				const isTold = finding.outcome === 'refused' && finding.cause.includes('cannot be frozen: ');
				if (finding.outcome !== 'preserved' && !isTold) bad.push(`${finding.key}: ${finding.cause}`);
			}
		};
		await Promise.all(Array.from({length: lanes}, lane));
		t.deepEqual(bad, []);
	},
);
