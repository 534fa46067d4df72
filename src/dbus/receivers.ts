import {QueryError} from './query/error.js';
import type {Parties} from './query/exchange.js';
import {type MatchRule, parseMatchRule} from './query/match-rule.js';
import type {BusPeer} from './types.js';
import {field, type Header} from './wire/header.js';

/** Who gets a signal: whoever has a match rule that takes it, as the daemon decides. */
export class Receivers {
	#peers: readonly BusPeer[] | undefined;
	#rules: Array<{uniqueName: string; rules: MatchRule[]}> = [];
	#known = false;

	/**
	 * Unique names, in the order of `peers`. Undefined where the daemon does not tell the match rules.
	 * @param peers the connections with their rules; the same array as long as nothing has changed.
	 */
	of(signal: Header, peers: readonly BusPeer[], parties: Parties): string[] | undefined {
		const destination = signal.text(field.destination);
		if (destination !== undefined) return [destination];
		this.#learn(peers);
		if (!this.#known) return undefined;
		return this.#rules
			.filter(({rules}) => rules.some((rule) => rule.matches(signal, parties)))
			.map(({uniqueName}) => uniqueName);
	}

	#learn(peers: readonly BusPeer[]): void {
		if (peers === this.#peers) return;
		this.#peers = peers;
		this.#known = peers.some(({matchRules}) => matchRules !== null);
		this.#rules = peers.flatMap(({uniqueName, matchRules}) => {
			const rules = (matchRules ?? []).map(understood).filter((rule) => rule !== undefined);
			return rules.length === 0 ? [] : [{uniqueName, rules}];
		});
	}
}

/** A rule that a later daemon knows and we do not takes nothing. */
function understood(rule: string): MatchRule | undefined {
	try {
		return parseMatchRule(rule);
	} catch (error) {
		if (error instanceof QueryError) return undefined;
		throw error;
	}
}
