import type {PosixTimer} from '../context/model.js';
import {readText} from './read.js';

/** sigev_notify by what the kernel calls it. */
const notifications: Record<string, number> = {signal: 0, none: 1, thread: 2};
/** SIGEV_THREAD_ID is a bit beside; the kernel writes `/tid.N` for it. */
const toThread = 4;

/** The timers of timer_create(2), without the time left: the kernel does not tell that. */
export function readPosixTimers(pid: number): PosixTimer[] {
	return parsePosixTimers(readText(`/proc/${pid}/timers`) ?? '');
}

/** Four lines each: `ID: 0`, `signal: 10/…`, `notify: signal/pid.12`, `ClockID: 1`. */
export function parsePosixTimers(text: string): PosixTimer[] {
	return text
		.split(/^(?=ID:)/m)
		.filter(Boolean)
		.map((block) => {
			const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
			const [kind = '', target = ''] = field('notify').split('/');
			return {
				id: Number(field('ID')),
				clock: Number(field('ClockID')),
				signal: Number.parseInt(field('signal'), 10),
				notify: (notifications[kind] ?? 0) | (target.startsWith('tid.') ? toThread : 0),
			};
		});
}
