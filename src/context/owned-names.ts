import type {ConnectionSnapshot} from './model.js';

/** The well-known names that these connections own, not those they wait for. */
export function ownedNames(connections: readonly ConnectionSnapshot[]): string[] {
	return connections.flatMap(({names}) => names.filter(({position}) => position === 0).map(({name}) => name));
}
