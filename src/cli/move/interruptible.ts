import {Fault} from '../../common/fault.js';

/**
 * Runs work that cleans up behind itself when it is told to stop, as Ctrl-C and a closing terminal do. Throws
 * `aborted` then.
 */
export async function interruptible<T>(
	operation: 'pack' | 'unpack' | 'send',
	work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
	const stopper = new AbortController();
	const stop = () => stopper.abort();
	const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
	for (const name of signals) process.on(name, stop);
	try {
		return await work(stopper.signal);
	} catch (error) {
		if (stopper.signal.aborted) throw new Fault('aborted', {operation, by: 'signal'}, {cause: error});
		throw error;
	} finally {
		for (const name of signals) process.removeListener(name, stop);
	}
}
