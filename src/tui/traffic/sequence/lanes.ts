/** Stands for all who have no column of their own. */
export const others = '';

/**
 * Which parties have a column of the diagram. A party keeps its column while it is needed, and for as long as
 * nobody else needs the room: columns that jump about cannot be read.
 */
export class Lanes {
	#lanes: string[] = [];

	/**
	 * The columns from left to right; `others` is the last one when there are more parties than columns.
	 * @param needed how many messages in view each party has, in order of appearance.
	 */
	assign(needed: ReadonlyMap<string, number>, most: number): readonly string[] {
		const isCrowded = needed.size > most;
		const room = isCrowded ? most - 1 : most;
		const wanted = [...needed]
			.sort(([, a], [, b]) => b - a)
			.slice(0, room)
			.map(([party]) => party);
		const chosen = new Set(wanted);
		const lanes = this.#lanes.slice(0, room);
		// In the order of appearance, so that a caller stands left of whom it calls.
		const missing = [...needed.keys()].filter((party) => chosen.has(party) && !lanes.includes(party));
		for (const party of missing) {
			if (lanes.length < room) lanes.push(party);
			else lanes[lanes.findIndex((lane) => !chosen.has(lane))] = party;
		}
		this.#lanes = lanes;
		return isCrowded ? [...lanes, others] : lanes;
	}
}
