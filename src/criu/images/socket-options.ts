import type {Decoded} from './protobuf.js';
import type {socketOptions} from './schema.js';

/** The options of a socket by their names in socket(7), as getsockopt would tell them. */
export function optionsOf(
	entry: Decoded<typeof socketOptions> | undefined,
): Record<string, number> | undefined {
	if (entry === undefined) return undefined;
	const told: Record<string, number | boolean | undefined> = {
		SO_REUSEADDR: entry.reuseAddress,
		SO_REUSEPORT: entry.reusePort,
		SO_KEEPALIVE: entry.keepAlive,
		SO_BROADCAST: entry.broadcast,
		SO_SNDBUF: entry.sendBuffer,
		SO_RCVBUF: entry.receiveBuffer,
		SO_RCVLOWAT: entry.receiveLowWater,
		SO_PASSCRED: entry.passCredentials,
		SO_PASSSEC: entry.passSecurity,
		SO_PRIORITY: entry.priority,
		SO_MARK: entry.mark,
		SO_SNDTIMEO: microseconds(entry.sendSeconds, entry.sendMicroseconds),
		SO_RCVTIMEO: microseconds(entry.receiveSeconds, entry.receiveMicroseconds),
	};
	return Object.fromEntries(
		Object.entries(told).flatMap(([name, value]) => (value === undefined ? [] : [[name, Number(value)]])),
	);
}

function microseconds(seconds: bigint | undefined, rest: bigint | undefined): number | undefined {
	return seconds === undefined ? undefined : Number(seconds) * 1e6 + Number(rest ?? 0n);
}
