import {Numbers} from '../process/numbers.js';
import type {Manifest} from './manifest.js';

/** What the processes of a checkpoint are called by themselves, and are or were last called here. */
export function numbersOf({numbersHere = {}}: Pick<Manifest, 'numbersHere'>): Numbers {
	return new Numbers(Object.entries(numbersHere).map(([own, here]) => [Number(own), here] as const));
}

/** What to call the target when somebody looks for it here. */
export function pidHere(manifest: Manifest): number {
	return numbersOf(manifest).here(manifest.target.pid);
}
