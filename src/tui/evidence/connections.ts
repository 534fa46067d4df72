import type {ConnectionSnapshot} from '../../context/model.js';
import {messages} from '../../i18n/index.js';
import {type Row, span} from '../spans.js';
import type {Comparison} from '../state/state.js';
import {heading, keyed, markAt, pairRow} from './pairs.js';
import type {Block} from './sections.js';

/** Every bus connection: unique name, names with their place in the queue, match rules, credentials. */
export function connectionBlocks(comparison: Comparison, width: number): Block[] {
	const {left, right, differences} = comparison;
	const all = keyed(left?.connections, right?.connections, ({pid, fd}) => `${pid}:${fd}`);
	if (all.length === 0) return [{path: '', rows: [[span(messages().screen.evidence.noConnections, 'dim')]]}];
	const {labels} = messages().evidence;
	return all.flatMap(({key, before, after}) => {
		const path = `connections/${key}`;
		const row = (part: string, label: string, textOf: (one: ConnectionSnapshot) => string | undefined): Row =>
			pairRow(
				label,
				markAt(differences, `${path}${part}`),
				[before && textOf(before), after && textOf(after)],
				width,
			);
		const names = keyed(before?.names, after?.names, ({name}) => name);
		const rules = [...new Set([...(before?.matchRules ?? []), ...(after?.matchRules ?? [])])];
		return [
			{
				path,
				rows: [
					heading(labels.connection({uniqueName: (before ?? after)?.uniqueName ?? ''})),
					row('/uniqueName', 'unique name', ({uniqueName}) => uniqueName),
					row('', 'bus', ({busAddress}) => busAddress),
					row('/credentials', 'pid, uid', ({credentials: c}) => `${c?.pid ?? ''} ${c?.uid ?? ''}`),
					row('/queue', 'queue', ({queue}) => queue && `${queue.messages} / ${queue.bytes} B`),
				],
			},
			...names.map(({key: name}) => ({
				path: `${path}/names/${name}`,
				rows: [
					row(`/names/${name}`, labels.names({}), (one) => {
						const found = one.names.find((each) => each.name === name);
						return found && `${found.position} ${name}`;
					}),
				],
			})),
			...rules.map((rule) => ({
				path: `${path}/matchRules`,
				rows: [
					row('/matchRules', labels.rules({}), (one) => (one.matchRules?.includes(rule) ? rule : undefined)),
				],
			})),
		];
	});
}
