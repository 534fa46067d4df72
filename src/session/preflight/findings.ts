import type {FdSnapshot, ProcessSnapshot} from '../../context/model.js';
import type {HeldKind} from '../../process/held.js';

/**
 * What becomes of a resource. `dumped`: CRIU makes it anew as it was. `held`: the same one is kept open for it.
 * `changes`: the service can notice. `blocks`: it cannot be frozen. `note`: worth knowing, nothing changes by it.
 */
export type ResourceClass = 'dumped' | 'held' | 'changes' | 'blocks' | 'note';

/** A sentence of `i18n` (`findings`) and its facts. */
export interface Finding {
	finding: string;
	params: Record<string, string | number>;
}

export interface ClassedFinding extends Finding {
	class: Exclude<ResourceClass, 'dumped'>;
}

/** What is to become of one descriptor. */
export type Judgement =
	| {class: 'dumped'}
	/** `isExternal`: CRIU cannot make it anew, so that it costs portability. */
	| {class: 'held'; kind: HeldKind; isExternal: boolean; path?: string}
	| {class: 'changes'; finding: string}
	| {class: 'blocks'; finding: string};

export const dumped: Judgement = {class: 'dumped'};
export const blocks = (finding: string): Judgement => ({class: 'blocks', finding});
export const changes = (finding: string): Judgement => ({class: 'changes', finding});
export const heldAs = (kind: HeldKind): Judgement => ({class: 'held', kind, isExternal: true});

/** What one descriptor of one process is judged by, beside itself. */
export interface Around {
	process: ProcessSnapshot;
	/** All pids of the tree. */
	tree: ReadonlySet<number>;
	/** All descriptors of the tree. */
	fds: readonly FdSnapshot[];
	/** Files that some process of the tree has mapped, by their paths. */
	mapped: ReadonlySet<string>;
	/** It lives in another mount namespace than we. */
	isElsewhere: boolean;
	/** It lives in another network namespace than we; there CRIU sees only its sockets, not those of daemons outside. */
	hasOtherNetwork: boolean;
}
