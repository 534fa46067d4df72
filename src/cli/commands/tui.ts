import path from 'node:path';
import {escapeText} from '../../common/escape.js';
import {Fault} from '../../common/fault.js';
import {messages} from '../../i18n/index.js';
import {giveMemoryBackEarly} from '../../kernel/malloc.js';
import {runTui, type TuiSummary} from '../../tui/run.js';
import type {Command, CommandContext} from '../context.js';
import {thawCommand} from '../thaw-command.js';

export interface TuiOptions {
	readOnly?: boolean;
	/** Shown as the bus's name; by default the kind of bus, or its address. */
	busLabel?: string;
	/** Whatever is frozen when the screen is left ends with it. */
	endsWithScreen?: boolean;
}

/** The interactive screen. After it is left, what is still frozen is said on the normal screen. */
export const run: Command<TuiOptions> = async (
	context,
	{readOnly = false, busLabel = labelOf(context), endsWithScreen = false},
) => {
	// Before anything is connected: without a terminal there is nothing to connect for.
	if (!context.stdin.isTTY || !context.stdout.isTTY) throw new Fault('no-tty', {});
	giveMemoryBackEarly();
	const {LivePort} = await import('../port/port.js');
	const port = await LivePort.open(context, {readOnly, busLabel, endsWithScreen});
	try {
		const summary = await runTui(port, context);
		if (!endsWithScreen) printSummary(context, summary);
		return summary.signal === undefined ? 0 : 130;
	} finally {
		port.close();
	}
};

function labelOf({bus}: CommandContext): string {
	if (bus.kind === 'address') return escapeText(bus.address.replace(/,guid=[0-9a-f]*$/, ''));
	const text = messages().cli.tui;
	return bus.kind === 'system' ? text.systemBus : text.sessionBus;
}

function printSummary(context: CommandContext, {frozen}: TuiSummary): void {
	if (frozen.length === 0) return;
	const text = messages().cli.tui;
	context.stderr.write(`${text.stillFrozen}\n`);
	for (const {names, checkpoint} of frozen) {
		const line = text.thawHint(names[0] ?? path.basename(checkpoint), thawCommand(context, checkpoint));
		context.stderr.write(`${escapeText(line)}\n`);
	}
}
