import {Fault} from '../common/fault.js';
import {keepMemorySmall} from './memory.js';
import type {FrozenService, Port} from './port.js';

/** What the caller prints after the screen is gone. */
export interface TuiSummary {
	/** Still frozen when the screen was left; each has its keeper unless it says otherwise. */
	frozen: FrozenService[];
	/** The signal that ended the screen; undefined: the operator left it. */
	signal?: NodeJS.Signals;
}

export interface TuiStreams {
	stdin: NodeJS.ReadStream;
	stdout: NodeJS.WriteStream;
	env?: NodeJS.ProcessEnv;
	/** Milliseconds that a frame took to draw; for measurements. */
	onFrame?: (ms: number) => void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Shows the screen until the operator leaves it, a signal ends it, or it crashes; in every case the terminal
 * is as before when this settles. Prints nothing itself. Throws Fault `no-tty` before it loads anything when
 * there is no terminal; rejects with what crashed it.
 */
export async function runTui(
	port: Port,
	{stdin, stdout, env = process.env, onFrame}: TuiStreams,
): Promise<TuiSummary> {
	if (!stdin.isTTY || !stdout.isTTY) throw new Fault('no-tty', {});
	// React's development build takes half as much CPU again.
	process.env.NODE_ENV ??= 'production';
	keepMemorySmall();
	const [{startApp}, {wantsColour}, {frozenServices}] = await Promise.all([
		import('./app.js'),
		import('./theme.js'),
		import('./selectors.js'),
	]);
	const app = startApp(port, {stdin, stdout, colour: wantsColour(env), ...(onFrame ? {onFrame} : {})});
	const ending = endings(app.stop);
	try {
		const how = await Promise.race([app.done, ending.happened]);
		await app.done.catch(() => undefined);
		const frozen = frozenServices(app.controller.store.get());
		if (how instanceof Ended) {
			if (how.crash !== undefined) throw how.crash;
			if (how.signal) return {frozen, signal: how.signal};
		}
		return {frozen};
	} finally {
		app.controller.store.dispatch({type: 'leave'});
		// Packing and sending leave nothing half behind.
		await app.controller.jobs.end();
		app.controller.sessions.dispose();
		ending.forget();
	}
}

class Ended {
	constructor(
		readonly signal: NodeJS.Signals | undefined,
		readonly crash?: unknown,
	) {}
}

/** Signals and crashes leave the screen first, so that whatever is printed next is readable. */
function endings(stop: () => void): {happened: Promise<Ended>; forget: () => void} {
	let resolve: (ended: Ended) => void = () => undefined;
	const promise = new Promise<Ended>((settle) => {
		resolve = settle;
	});
	const onSignal = (signal: NodeJS.Signals): void => {
		resolve(new Ended(signal));
		stop();
	};
	const onCrash = (error: unknown): void => {
		resolve(new Ended(undefined, error ?? new Error('unknown crash')));
		stop();
	};
	for (const signal of signals) process.on(signal, onSignal);
	process.on('uncaughtException', onCrash);
	process.on('unhandledRejection', onCrash);
	return {
		happened: promise,
		forget() {
			for (const signal of signals) process.off(signal, onSignal);
			process.off('uncaughtException', onCrash);
			process.off('unhandledRejection', onCrash);
		},
	};
}
