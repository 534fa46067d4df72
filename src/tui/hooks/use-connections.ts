import {useEffect} from 'react';
import {loadFilters} from '../commands/filtering.js';
import {useScreen} from './use-screen.js';

/** How often the list of frozen services is asked for: others may freeze and thaw too. */
const frozenEveryMs = 2000;

/** Keeps the store's connections and frozen services up to date. */
export function useConnections(): void {
	const {controller} = useScreen();
	useEffect(() => {
		const {port, store} = controller;
		const take = () => store.dispatch({type: 'peers', peers: port.connections.current()});
		// A listing that fails now is asked for again in two seconds.
		const ask = () => void controller.sessions.refresh().catch(() => undefined);
		take();
		ask();
		loadFilters(controller);
		const unsubscribe = port.connections.onChange(take);
		const timer = setInterval(ask, frozenEveryMs);
		return () => {
			unsubscribe();
			clearInterval(timer);
		};
	}, [controller]);
}
