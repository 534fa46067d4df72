import os from 'node:os';
import {dropInFile} from './drop-in.js';
import {UnitHolder} from './unit-holder.js';
import type {UnitState} from './unit-state.js';

/** Signals that by custom ask something of a service, unless its unit says that they end it. */
const requests = ['HUP', 'USR1', 'USR2'];

/** How long a unit may be starting without a word, and how often it says one; milliseconds. */
export const startingMs = 30_000;
const startingIntervalMs = 5000;

/**
 * A holder for a unit, which has changed nothing yet.
 * @param process whose place it is to take, with its start time; none that is there, for a unit that is starting.
 */
export function holderFor(
	{name, endSignals: numbers, watchdogUsec}: UnitState,
	process: {pid: number; startTime?: string},
): Promise<UnitHolder> {
	const {pid, startTime} = process;
	const named = Object.entries(os.constants.signals).filter(([, number]) => numbers.includes(number));
	const endSignals = named
		.map(([signal]) => signal.slice('SIG'.length))
		.filter((signal) => signal !== 'KILL');
	// systemd's own advice is half of the watchdog's time; a third leaves room for a busy machine.
	const life =
		startTime === undefined
			? {sign: `EXTEND_TIMEOUT_USEC=${startingMs * 1000}`, intervalMs: startingIntervalMs}
			: {sign: 'WATCHDOG=1', intervalMs: Math.floor(watchdogUsec / 3000)};
	return UnitHolder.start({
		unit: name,
		pid,
		startTime: startTime ?? '0',
		...life,
		dropIn: dropInFile(name),
		signals: requests.filter((signal) => !endSignals.includes(signal)),
		endSignals,
	});
}
