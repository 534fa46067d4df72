import path from 'node:path';

/** One of the services in `fixtures/` that the demo, the tests and the benchmarks freeze. */
export interface DemoService {
	/** Its well-known name, which is its interface's name too. */
	name: string;
	/** Its object path: the name with slashes. */
	path: string;
	/** Client library, as people call it. */
	library: 'libdbus' | 'sd-bus' | 'GDBus' | 'dbus-next';
	argv: [string, ...string[]];
}

/** `fixtures/` of this package, seen from `src/dbus` and from `dist/dbus` alike. */
export const fixturesFolder: string = path.resolve(import.meta.dirname, '../../fixtures');

function service(short: string, library: DemoService['library'], ...argv: DemoService['argv']): DemoService {
	return {
		name: `org.dbusfreeze.Demo.${short}`,
		path: `/org/dbusfreeze/Demo/${short}`,
		library,
		argv,
	};
}

/** Path of a fixture program, e.g. `caller`. */
export function fixtureProgram(name: string): string {
	return path.join(fixturesFolder, 'bin', name);
}

export const demoServices = {
	counter: service('Counter', 'libdbus', fixtureProgram('counter')),
	/** sd-bus keeps a pidfd of the daemon where it can, and CRIU dumps none of other processes. */
	ledger: service('Ledger', 'sd-bus', fixtureProgram('dumpable'), fixtureProgram('ledger')),
	gauge: service('Gauge', 'GDBus', fixtureProgram('gauge')),
	/** Node.js opens io_uring rings where it can, and CRIU cannot dump them. */
	notes: service(
		'Notes',
		'dbus-next',
		fixtureProgram('dumpable'),
		process.execPath,
		path.join(fixturesFolder, 'notes.mjs'),
	),
	/** Needs seconds to start, on purpose. */
	atlas: service('Atlas', 'sd-bus', fixtureProgram('dumpable'), fixtureProgram('atlas')),
} as const;
