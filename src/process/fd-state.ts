import type {EpollWatch, FdKind, FdSnapshot} from '../context/model.js';

/** What fdinfo tells beyond flags and position, by the kind of descriptor. */
export function fdState(
	kind: FdKind,
	info: string,
): Pick<FdSnapshot, 'watches' | 'count' | 'timer' | 'signals'> {
	switch (kind) {
		case 'epoll':
			return {watches: parseWatches(info)};
		case 'eventfd': {
			// Hex without a prefix.
			const count = infoField(info, 'eventfd-count');
			return count === undefined ? {} : {count: BigInt(`0x${count}`).toString()};
		}
		case 'signalfd': {
			const mask = infoField(info, 'sigmask');
			return mask === undefined ? {} : {signals: `0x${BigInt(`0x${mask}`).toString(16)}`};
		}
		case 'timerfd':
			return {
				timer: {
					clock: Number(infoField(info, 'clockid') ?? 0),
					ticks: Number(infoField(info, 'ticks') ?? 0),
					flags: Number.parseInt(infoField(info, 'settime flags') ?? '0', 8),
					value: seconds(info, 'it_value'),
					interval: seconds(info, 'it_interval'),
				},
			};
		default:
			return {};
	}
}

/** `tfd:  3 events:  19 data:  abcdef  pos:0 ino:40f sdev:10`, ascending by descriptor. */
function parseWatches(info: string): EpollWatch[] {
	return [...info.matchAll(/^tfd:\s+(\d+) events:\s+([0-9a-f]+) data:\s+([0-9a-f]+)/gm)]
		.map(([, fd, events, data]) => ({fd: Number(fd), events: `0x${events}`, data: `0x${data}`}))
		.sort((one, other) => one.fd - other.fd);
}

/**
 * Locks as /proc shows them, without what names the machine: `FLOCK WRITE 0-EOF`.
 * `lock:	1: FLOCK  ADVISORY  WRITE 12090 fe:00:2499380 0 EOF`
 */
export function parseLocks(info: string): string[] {
	return [...info.matchAll(/^lock:\s+\d+: (\w+)\s+\w+\s+(\w+)\s+-?\d+ \S+ (\d+) (\w+)$/gm)].map(
		([, kind, mode, start, end]) => `${kind} ${mode} ${start}-${end}`,
	);
}

export function infoField(info: string, name: string): string | undefined {
	return info.match(new RegExp(`^${name}:\\s*(\\S+)`, 'm'))?.[1];
}

/** `it_value: (SECONDS, NANOSECONDS)` */
function seconds(info: string, name: string): number {
	const [, whole = '0', nano = '0'] = new RegExp(`^${name}: \\((\\d+), (\\d+)\\)`, 'm').exec(info) ?? [];
	return Number(whole) + Number(nano) / 1e9;
}
