import {useMemo} from 'react';
import {useRates} from '../hooks/use-traffic.js';
import type {SessionView} from '../session-view.js';
import {arrivalRates} from './backlog.js';

/** What came a second, for the chart, and what time it is; drawn anew at least once a second. */
export function useArrivals({backlog}: SessionView): {rates: readonly number[]; now: number} {
	// The screen's clock: changes once a second.
	const second = useRates();
	// biome-ignore lint/correctness/useExhaustiveDependencies: time goes on without a message, too
	return useMemo(() => {
		const now = Date.now();
		return {now, rates: arrivalRates(backlog, now)};
	}, [backlog, second]);
}
