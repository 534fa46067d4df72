import {escapeText} from '../../common/escape.js';
import {messages} from '../../i18n/index.js';
import {jobTitle} from '../checkpoints/job-rows.js';
import {useScreen, useScreenState} from '../hooks/use-screen.js';
import {useRates} from '../hooks/use-traffic.js';
import {frozenServices} from '../selectors.js';
import {justify, rowWidth, span} from '../spans.js';
import {cutStart, formatCount, sparkline} from '../text.js';
import {Line} from './Line.js';

/** Who we are, which bus, how busy it is. */
export function TitleLine({width}: {width: number}) {
	const {port} = useScreen().controller;
	const state = useScreenState();
	const rates = useRates();
	const text = messages().screen.title;
	const frozen = frozenServices(state).length;
	const rate = rates.at(-1) ?? 0;
	const isCapture = port.traffic.status().mode === 'capture';
	const facts = [
		span(`  ${text.connections(state.peers.length)}`, 'dim'),
		...(frozen > 0 ? [span(`  ${text.frozen(frozen)}`, 'ice')] : []),
		...(state.checkpoints.job ? [span(`  ${jobTitle(state.checkpoints.job)}`, 'accent')] : []),
		...(state.readOnly && !isCapture ? [span(`  ${text.readOnly}`, 'warn')] : []),
		...(isCapture
			? [span(`  ${text.capture}`, 'accent')]
			: [
					span(`  ${text.rate(formatCount(rate))} `),
					span(rates.length > 1 ? sparkline(rates.slice(width >= 120 ? -24 : -12)) : '', 'accent'),
				]),
	];
	const name = span(' dbusfreeze', 'strong');
	const help = span(`  ${text.help} `, 'dim');
	// A bus may be called by a long address; what changes must stay in sight.
	const room = Math.max(width - rowWidth([name, ...facts, help]) - 2, 8);
	const label = span(`  ${cutStart(escapeText(port.busLabel), room)}`);
	return <Line row={justify([name, label, ...facts], [help], width)} width={width} />;
}
