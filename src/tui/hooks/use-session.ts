import {useEffect} from 'react';
import {activeSession, wantedPair} from '../selectors.js';
import {useScreen, useScreenState} from './use-screen.js';

/** Fetches snapshots and their comparison whenever other moments are to be shown. */
export function useComparison(): void {
	const {controller} = useScreen();
	const state = useScreenState();
	const pair = wantedPair(state);
	const written = activeSession(state)?.snapshots;
	const {active} = state;
	// biome-ignore lint/correctness/useExhaustiveDependencies: a moment that was taken anew has the same name
	useEffect(() => {
		// What cannot be read yet is read when the next snapshot is reported.
		if (pair) void controller.sessions.loadComparison().catch(() => undefined);
	}, [controller, active, pair?.before, pair?.after, written]);
}
