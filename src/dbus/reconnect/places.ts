import {Fault} from '../../common/fault.js';
import {parseAddress} from '../address.js';
import {resolvePlace} from '../dial.js';

/** The paths of a bus's sockets. No other transport tells a daemon who connects. */
export function socketPaths(address: string): string[] {
	const places = parseAddress(address).usable.flatMap((one) => resolvePlace(one, process.env));
	return places.flatMap(({endpoint}) => (endpoint.kind === 'unix' ? [endpoint.path] : []));
}

/**
 * What `connect` has made at the first of a bus's sockets where it could.
 * @throws Fault `bus-unreachable` with the last one's reason.
 */
export async function firstPlace<Made>(
	address: string,
	connect: (socketPath: string) => Promise<{made: Made} | {reason: string}>,
): Promise<Made> {
	let reason = 'no-path';
	for (const socketPath of socketPaths(address)) {
		const result = await connect(socketPath);
		if ('made' in result) return result.made;
		({reason} = result);
	}
	throw new Fault('bus-unreachable', {address, reason}, {processState: 'frozen'});
}
