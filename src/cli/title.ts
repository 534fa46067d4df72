import type {Manifest} from '../checkpoint/manifest.js';

/** What to call a frozen service: its first name, else its command. */
export function titleOf({target}: Pick<Manifest, 'target'>): string {
	return target.names[0] ?? target.comm;
}
