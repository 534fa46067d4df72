import {escapeText} from '../../common/escape.js';
import {Fault} from '../../common/fault.js';
import {messages} from '../../i18n/index.js';
import type {FreezeResult} from '../../session/events.js';
import {type Begun, begin} from '../begin.js';
import type {Command, CommandContext} from '../context.js';
import {describeFreeze} from '../describe.js';
import {narrate} from '../narrate.js';
import {printJson} from '../report.js';

export interface FreezeCommandOptions {
	target: string;
	output?: string;
	whileFrozen: 'queue' | 'refuse';
	portable?: boolean;
	step?: boolean;
	leaveRunning?: boolean;
}

export const run: Command<FreezeCommandOptions> = async (context, options) => {
	const begun = await start(context, options);
	const stop = await narrate(context, begun.client, options.step ?? false);
	try {
		const result = await freezeBegun(context, begun);
		if (context.json) printJson(context, result);
		else context.stdout.write(describeFreeze(context, begun.title, result, options.leaveRunning ?? false));
		return 0;
	} finally {
		stop();
		begun.client.close();
	}
};

/** From the options of the command line to a keeper that is ready to freeze. */
export function start(context: CommandContext, options: FreezeCommandOptions): Promise<Begun> {
	return begin(context, options.target, {
		stepping: options.step ?? false,
		portable: options.portable ?? false,
		leaveRunning: options.leaveRunning ?? false,
		policy: options.whileFrozen,
		...(options.output === undefined ? {} : {output: options.output}),
	});
}

/** Freezes. A checkpoint that came to nothing on purpose is not kept; one whose log says why is. */
export async function freezeBegun(context: CommandContext, begun: Begun): Promise<FreezeResult> {
	if (!context.json)
		context.stderr.write(`${escapeText(messages().cli.freeze.begin(begun.title, begun.options.pid))}\n`);
	try {
		return await begun.client.freeze(begun.options);
	} catch (error) {
		if (error instanceof Fault && (error.code === 'aborted' || error.processState === 'untouched')) {
			begun.client.close();
			begun.discard();
		}
		throw error;
	}
}
