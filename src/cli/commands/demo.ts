import fs from 'node:fs';
import path from 'node:path';
import {Fault} from '../../common/fault.js';
import {demoServices, fixtureProgram} from '../../dbus/demo-services.js';
import {type PrivateBus, startPrivateBus} from '../../dbus/private-bus.js';
import {startProgram, startService} from '../../dbus/start-service.js';
import {messages} from '../../i18n/index.js';
import {requireRoot} from '../begin.js';
import type {Command, CommandContext} from '../context.js';

/**
 * The main job on a bus of our own: in the interactive screen, or (`auto`) told from beginning to end. Bus,
 * services, keepers and checkpoints are gone afterwards, however this ends.
 */
export const run: Command<{auto?: boolean}> = async (context, {auto = false}) => {
	requireRoot('demo');
	if (!auto && !(context.stdin.isTTY && context.stdout.isTTY)) throw new Fault('no-tty', {});
	requireFixtures();
	const bus = await startPrivateBus();
	const onSignal = () => void bus.stop().then(() => process.exit(130));
	// The screen has its own way to end on a signal; the story has not.
	if (auto) for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, onSignal);
	try {
		const own = demoContext(context, bus);
		if (auto) return await (await import('../demo/story.js')).tellStory(own, bus);
		await startEverything(context, bus);
		const tui = await import('./tui.js');
		return await tui.run(own, {busLabel: messages().cli.demo.busLabel, endsWithScreen: true});
	} finally {
		await bus.stop();
		if (!auto) context.stderr.write(`${messages().cli.demo.over}\n`);
	}
};

/** The private bus is the bus; keepers that are started from here end with it. */
function demoContext(context: CommandContext, bus: PrivateBus): CommandContext {
	Object.assign(process.env, bus.env);
	const stateDir = path.join(bus.dir, 'state');
	return {...context, bus: {kind: 'address', address: bus.address}, stateDir, isDefaultStateDir: false};
}

/** One service for each client library, and two clients that keep calling, so that there is traffic to see. */
async function startEverything({stderr}: CommandContext, bus: PrivateBus): Promise<void> {
	const {counter, ledger, gauge, notes} = demoServices;
	stderr.write(`${messages().cli.demo.starting}\n`);
	await Promise.all([counter, ledger, gauge, notes].map((service) => startService(bus, service)));
	const caller = fixtureProgram('caller');
	startProgram(bus, [caller, counter.name, '700'], {logName: 'counter-caller'});
	startProgram(bus, [caller, gauge.name, '1100'], {logName: 'gauge-caller'});
}

function requireFixtures(): void {
	const missing = fixtureProgram('counter');
	if (!fs.existsSync(missing)) throw new Fault('not-set-up', {missing});
}
