import {readFile, rm} from 'node:fs/promises';
import path from 'node:path';
import {replaceFile} from '../../common/replace-file.js';
import {imageEntries, imageFile} from './container.js';
import {decode, encode} from './protobuf.js';
import {file} from './schema.js';

/** TFD_TIMER_ABSTIME, <linux/timerfd.h>. */
const TFD_TIMER_ABSTIME = 1;

/**
 * Mends timers that CRIU would set wrongly. It adds the present to the time that is left of one that was set for a
 * point of time, also when nothing is left because it is not armed: that would go off at once. And one that repeats,
 * with ticks that nobody has read, counts as not armed to the kernel until they are read: it would never tick again.
 * @returns how many there were.
 */
export async function mendTimers(imageDir: string): Promise<number> {
	const name = path.join(imageDir, 'files.img');
	let mended = 0;
	const entries = [...imageEntries(await readFile(name), name, 'files')].map(({body}) => {
		const entry = decode(file, body);
		const {timerfd} = entry;
		if (!timerfd || timerfd.seconds || timerfd.nanoseconds) return {body};
		const {setFlags = 0, ticks = 0n, intervalSeconds = 0n, intervalNanoseconds = 0n} = timerfd;
		const repeats = intervalSeconds + intervalNanoseconds > 0n;
		if (ticks > 0n && repeats) {
			timerfd.seconds = intervalSeconds;
			timerfd.nanoseconds = intervalNanoseconds;
		} else if ((setFlags & TFD_TIMER_ABSTIME) !== 0) timerfd.setFlags = setFlags & ~TFD_TIMER_ABSTIME;
		else return {body};
		mended++;
		return {body: encode(file, entry)};
	});
	if (mended > 0) replaceFile(name, imageFile('files', entries));
	return mended;
}

/** Without it a restore makes no time namespace: clocks go on as if the process had only been stopped. */
export async function forgetClocks(imageDir: string): Promise<void> {
	await rm(path.join(imageDir, 'timens-0.img'), {force: true});
}
