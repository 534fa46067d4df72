import {createContext, use, useSyncExternalStore} from 'react';
import type {Controller} from '../controller.js';
import type {ScreenState} from '../state/state.js';
import type {TrafficClock} from '../traffic/clock.js';

export interface Screen {
	controller: Controller;
	clock: TrafficClock;
}

export const ScreenContext = createContext<Screen | undefined>(undefined);

/** What every component shares. */
export function useScreen(): Screen {
	const screen = use(ScreenContext);
	if (!screen) throw new Error('outside of ScreenContext');
	return screen;
}

export function useScreenState(): ScreenState {
	const {store} = useScreen().controller;
	return useSyncExternalStore(store.subscribe, store.get);
}
