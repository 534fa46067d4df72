import type {Action} from './state/actions.js';
import {reduce} from './state/reduce.js';
import type {ScreenState} from './state/state.js';

/** A store that both React and plain functions can read at any moment. */
export interface Store {
	get(): ScreenState;
	dispatch(action: Action): void;
	subscribe(listener: () => void): () => void;
}

export function createStore(initial: ScreenState): Store {
	let state = initial;
	const listeners = new Set<() => void>();
	return {
		get: () => state,
		dispatch(action) {
			const next = reduce(state, action);
			if (next === state) return;
			state = next;
			for (const listener of listeners) listener();
		},
		subscribe(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
}
