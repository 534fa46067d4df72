import {type BusLocation, locateBus} from '../dbus/address.js';
import type {CommandContext} from './context.js';

/** The bus that the options and the environment mean. */
export function busOf(context: CommandContext): BusLocation {
	return locateBus(context.bus, context.env, process.getuid?.() ?? -1);
}
