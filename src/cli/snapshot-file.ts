import {readFile} from 'node:fs/promises';
import {escapeText} from '../common/escape.js';
import {Fault} from '../common/fault.js';
import type {Snapshot} from '../context/model.js';
import {inOwnNumbers} from '../context/own-numbers.js';
import {checkSnapshot} from '../context/snapshot-schema.js';
import {messages} from '../i18n/index.js';

/**
 * Reads what `snapshot TARGET --json` printed, or a file of a checkpoint.
 * @throws Fault `bad-snapshot`
 */
export async function readSnapshotFile(path: string): Promise<Snapshot> {
	const text = messages().evidence.diff;
	const fail = (reason: string, cause?: unknown) => new Fault('bad-snapshot', {path, reason}, {cause});
	let document: unknown;
	try {
		document = JSON.parse(await readFile(path, 'utf8'));
	} catch (error) {
		throw fail(error instanceof SyntaxError ? text.notJson : (error as Error).message, error);
	}
	const checked = checkSnapshot(document);
	if ('badField' in checked) {
		throw fail(text.notASnapshot(escapeText(checked.badField) || 'version'));
	}
	return inOwnNumbers(checked.snapshot);
}
