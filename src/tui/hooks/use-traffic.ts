import {useSyncExternalStore} from 'react';
import {useScreen} from './use-screen.js';

/** Draws the component anew when messages have come, at most 20 times a second. */
export function useTrafficTick(): number {
	const {clock} = useScreen();
	return useSyncExternalStore(clock.onTick, () => clock.tick);
}

/** Messages a second over the last two minutes, oldest first; changes once a second. */
export function useRates(): readonly number[] {
	const {clock} = useScreen();
	return useSyncExternalStore(clock.onRate, () => clock.rates);
}
