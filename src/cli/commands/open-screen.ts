import {messages} from '../../i18n/index.js';
import {giveMemoryBackEarly} from '../../kernel/malloc.js';
import {runTui} from '../../tui/run.js';
import type {CommandContext} from '../context.js';
import {CapturePort} from '../port/capture-port.js';
import type {TrafficOptions} from '../traffic/outputs.js';
import {trafficSettings} from '../traffic/settings.js';

/** A capture on the interactive screen. What was wrong with the file is said afterwards. */
export async function openOnScreen(
	context: CommandContext,
	options: TrafficOptions & {file: string},
): Promise<number> {
	giveMemoryBackEarly();
	const port = await CapturePort.open(context, options.file, {
		...(await trafficSettings(context)),
		filter: filterOf(options),
		showSecrets: options.showSecrets === true,
	});
	const {signal} = await runTui(port, context);
	const {capture} = messages().bus;
	const {broken, truncated} = port.summary;
	const {dropped} = port.traffic.counts();
	if (broken > 0) context.stderr.write(`${capture.broken(broken)}\n`);
	if (truncated) context.stderr.write(`${capture.truncated}\n`);
	if (dropped > 0) context.stderr.write(`${capture.notShown(dropped)}\n`);
	return signal === undefined ? 0 : 130;
}

/** `--filter` and the rules of `--match`, any of which lets a message through, as one filter to be typed on. */
function filterOf({filter = '', match = []}: TrafficOptions): string {
	const rules = match.length > 1 ? `(${match.join(' or ')})` : match.join('');
	if (filter === '' || rules === '') return filter || rules;
	return `(${filter}) ${rules}`;
}
