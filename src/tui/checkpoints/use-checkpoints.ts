import {useEffect} from 'react';
import {useScreen, useScreenState} from '../hooks/use-screen.js';
import {checkpointsModal, chosenEntry} from './entries.js';

/** How often the list is read while somebody looks at it: others freeze, thaw and pack, too. */
const listEveryMs = 2000;

/** Keeps the list and the checks of the chosen checkpoint up to date while the window of them is open. */
export function useCheckpoints(): void {
	const {listing} = useScreen().controller;
	const state = useScreenState();
	const isOpen = checkpointsModal(state) !== undefined;
	const chosen = isOpen ? chosenEntry(state)?.name : undefined;
	const {list} = state.checkpoints;
	useEffect(() => {
		if (!isOpen) return undefined;
		const timer = setInterval(() => void listing.refresh(), listEveryMs);
		return () => clearInterval(timer);
	}, [listing, isOpen]);
	// With every new list, too: what it says may have changed with it.
	// biome-ignore lint/correctness/useExhaustiveDependencies: a new list asks again
	useEffect(() => {
		if (chosen !== undefined) listing.look(chosen);
	}, [listing, chosen, list]);
}
