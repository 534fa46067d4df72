import path from 'node:path';
import test from 'ava';
import {fixtureProgram} from '../../src/dbus/demo-services.js';
import {readMappings} from '../../src/process/maps.js';
import {document, score, summary} from '../../survey/document.js';
import {libraryOf} from '../../survey/library.js';
import type {Finding} from '../../survey/model.js';
import {Results} from '../../survey/results.js';
import {servicesOnOwnBus, units} from '../../survey/table.js';
import {testBus} from '../support/bus.js';
import {temporaryFolder} from '../support/compile.js';
import {demoServices, startService} from '../support/services.js';

const finding = (key: string, outcome: Finding['outcome'], more: Partial<Finding> = {}): Finding => ({
	key,
	kind: 'bus',
	outcome,
	cause: '',
	library: 'GDBus',
	threads: 4,
	fds: 9,
	processes: 1,
	held: 1,
	signals: false,
	warnings: [],
	...more,
});

const circumstances = {
	date: new Date(0),
	debian: '12',
	kernel: '6.18',
	criu: '4.2.1',
	cores: 2,
	absent: ['ghost'],
};

test('a service that did not start says nothing about freezing', (t) => {
	const some = [
		finding('a', 'preserved'),
		finding('b', 'preserved'),
		finding('c', 'preserved'),
		finding('d', 'refused'),
		finding('e', 'not started'),
	];
	t.deepEqual(score(some), {tried: 4, preserved: 3, changed: 0, refused: 1, failed: 0, notStarted: 1});
	t.is(
		summary(some),
		'4 frozen and thawed three times each: 3 preserved (75 %), 0 changed as announced, 1 refused, 0 failed; 1 did not start there',
	);
});

test('what a service says is one cell of the table, without markup', (t) => {
	const text = document(
		[finding('evil', 'failed', {cause: 'a | b\n| c <script> `x` [y](z)', portable: true, dumpMs: 12.34})],
		circumstances,
	);
	const row = text.split('\n').find((line) => line.startsWith('| evil'));
	t.is(
		row,
		'| evil | GDBus | 4 | 9 | 1 | yes |  |  | 12 |  |  | failed: a \\| b \\| c \\<script\\> \\`x\\` \\[y\\](z) |',
	);
	t.true(text.includes('Not in this release of Debian: ghost.'));
});

test('findings outlive the process that found them, the last of each service', (t) => {
	const file = path.join(temporaryFolder(t), 'results/findings.json');
	new Results(file).put(finding('a', 'failed'));
	const second = new Results(file);
	t.is(second.get('a')?.outcome, 'failed');
	second.put(finding('b', 'preserved'));
	second.put(finding('a', 'preserved'));
	const third = new Results(file);
	t.deepEqual(
		['a', 'b', 'c'].map((key) => third.get(key)?.outcome),
		['preserved', 'preserved', undefined],
	);
});

test('the table of the repository has what was asked for', (t) => {
	t.true(servicesOnOwnBus.length >= 30, String(servicesOnOwnBus.length));
	t.true(units.length >= 15, String(units.length));
	const keys = [...servicesOnOwnBus, ...units].map(({key}) => key);
	t.is(new Set(keys).size, keys.length);
	for (const {needs = []} of servicesOnOwnBus) for (const need of needs) t.true(keys.includes(need), need);
});

for (const service of [demoServices.counter, demoServices.gauge, demoServices.ledger]) {
	test(`the client library of a running ${service.library} service is found`, async (t) => {
		const {pid} = await startService(await testBus(t), service);
		const files = readMappings(pid).map(({path}) => path);
		t.is(libraryOf(`/proc/${pid}/exe`, files), service.library);
	});
}

test('an interpreter is judged by what it has mapped', (t) => {
	const files = ['/usr/bin/python3.13', '/usr/lib/python3/dist-packages/_dbus_bindings.cpython-313.so'];
	t.is(libraryOf('/nowhere', files), 'dbus-python (Python)');
	t.is(libraryOf(fixtureProgram('counter'), []), 'libdbus');
});
