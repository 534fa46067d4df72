import type {Command} from '../context.js';
import {narrate} from '../narrate.js';
import {attempt, type FreezeCommandOptions, start} from './freeze.js';
import {printThaw} from './thaw.js';

/** Freeze, thaw, verdict. If the thaw fails the service stays frozen, and the error says so. */
export const run: Command<FreezeCommandOptions> = async (context, options) => {
	const begun = await start(context, options);
	const stop = await narrate(context, begun.client, options.step ?? false);
	try {
		const result = await attempt(context, begun, () => begun.client.cycle(begun.options));
		return printThaw(context, begun.title, result);
	} finally {
		stop();
		begun.client.close();
	}
};
