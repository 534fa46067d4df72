import {escapeText} from '../common/escape.js';
import type {LineLabel} from '../context/lines.js';
import {messages} from '../i18n/index.js';
import type {Warning} from '../session/events.js';

type Params = Record<string, string | number>;
type Sentences = Record<string, (params: Params) => string>;

/** The sentence behind a key; a key from a newer keeper that no catalogue knows yet stands for itself. */
function sentence(sentences: Sentences, key: string, params: Params): string {
	return escapeText(sentences[key]?.(params) ?? [key, ...Object.values(params)].join(' '));
}

// Keys and their parameters belong together; in events and differences they are plain strings.

/** Why two snapshots differ here. */
export function reasonText(reason: string, params: Params = {}): string {
	return sentence(messages().evidence.reasons as unknown as Sentences, reason, params);
}

/** What a line of the context table is about; paths without their beginning, which is the same everywhere. */
export function labelText({key, params}: LineLabel): string {
	if (key === 'detail') return escapeText(params.path.replace(/^(processes|connections)\/[^/]+\//, ''));
	return sentence(messages().evidence.labels as unknown as Sentences, key, params as Params);
}

export function warningText({warning, params}: Warning): string {
	return sentence(messages().cli.warnings, warning, params);
}

/** What a slow step is at. */
export function progressText({step, detail}: {step: string; detail: string}): string {
	return escapeText(messages().cli.progress[step]?.(detail) ?? `${step} ${detail}`);
}

/** A value of a snapshot on one line. */
export function valueText(value: unknown): string {
	if (value === undefined || value === null) return messages().evidence.nothing;
	return escapeText(typeof value === 'string' ? value : JSON.stringify(value));
}
