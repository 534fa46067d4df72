import type {ExecutionContext} from 'ava';
import {openApp} from './app.js';
import {everyKind} from './fake-checkpoints.js';
import type {FakePortOptions} from './fake-port.js';

/** The window of all checkpoints, by default with one of each kind. */
export async function openCheckpoints(
	t: ExecutionContext,
	options: FakePortOptions = {},
	entries = everyKind(),
) {
	const parts = openApp(t, options);
	parts.port.checkpoints.entries = entries;
	await parts.see(/Connections/);
	await parts.press('C', /Checkpoints ─+ \d+ checkpoints? ─/);
	/** Goes from the first one down to the one of this name, with keys typed in one go. */
	const choose = (name: string) => {
		const steps = parts.port.checkpoints.entries.findIndex((entry) => entry.name === name);
		return parts.press(`g${'j'.repeat(steps)}`, new RegExp(`▸ . \\S*${name}`));
	};
	const feed = parts.port.checkpoints;
	return {...parts, feed, log: feed.log, choose};
}
