import {escapeText} from '../common/escape.js';
import {messages} from './index.js';

type Params = Record<string, string | number>;

/**
 * The sentence for a difference's reason, safe to print. A key that this version does not know (a checkpoint of
 * a newer one) is shown as it is.
 */
export function reasonText(reason: string, params: Params = {}): string {
	const texts = messages().evidence.reasons as unknown as Record<string, (params: Params) => string>;
	return escapeText(Object.hasOwn(texts, reason) ? (texts[reason]?.(params) ?? reason) : reason);
}

/** What a moment is called, safe to print; that of a stage by the stage's name. */
export function momentText(moment: string): string {
	const {moments, atStage} = messages().evidence;
	const known = Object.hasOwn(moments, moment) ? moments[moment] : undefined;
	return escapeText(known ?? atStage(moment.replace(/^at-/, '')));
}

/** What a message of criu is known to mean, and what to do about it. */
export function causeText(code: string, params: Params = {}): {message: string; hint: string} | undefined {
	type Text = (params: Params) => {message: string; hint: string};
	const texts = messages().evidence.causes as unknown as Record<string, Text>;
	const text = Object.hasOwn(texts, code) ? texts[code]?.(params) : undefined;
	return text && {message: escapeText(text.message), hint: escapeText(text.hint)};
}
