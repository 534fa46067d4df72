import type {CommandContext} from '../src/cli/context.js';

/** What a front end on this bus would have from its command line. */
export function commandContext(bus: {address: string}, stateDir: string): CommandContext {
	const {stdin, stdout, stderr, env} = process;
	return {
		// Another daemon at the same address has another guid.
		bus: {kind: 'address', address: bus.address.replace(/,guid=.*/, '')},
		stateDir,
		isDefaultStateDir: false,
		json: true,
		language: 'en',
		stdin,
		stdout,
		stderr,
		env,
	};
}
