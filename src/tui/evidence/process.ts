import type {Credentials, ProcessSnapshot} from '../../context/model.js';
import {messages} from '../../i18n/index.js';
import type {Comparison} from '../state/state.js';
import {heading, markAt, pairRow, processPairs} from './pairs.js';
import type {Block} from './sections.js';

/** Path below the process → its text. Of the environment only names: values are often secrets. */
function properties(process: ProcessSnapshot): Map<string, string | undefined> {
	const {credentials, signals, timers, limits = {}, namespaces = {}, environment = []} = process;
	return new Map<string, string | undefined>([
		['comm', process.comm],
		['exe', process.exe],
		['cmdline', process.cmdline.join(' ')],
		['cwd', process.cwd],
		['root', process.root],
		['umask', process.umask],
		['ppid', String(process.ppid)],
		['pgid', process.pgid?.toString()],
		['sid', process.sid?.toString()],
		['children', process.children?.join(' ')],
		['startTime', process.startTime],
		['cgroup', process.cgroup?.at(-1)],
		['credentials', credentials && idsText(credentials)],
		...(['capEff', 'capPrm', 'capInh', 'capBnd', 'capAmb'] as const).map(
			(set) => [`credentials/${set}`, credentials?.[set]] as const,
		),
		['credentials/noNewPrivs', credentials?.noNewPrivs?.toString()],
		['signals/ignored', signals?.ignored],
		['signals/caught', signals?.caught],
		['signals/pending', signals?.pending],
		[
			'timers',
			timers?.posix.map(({id, clock, signal}) => `${id}: clock ${clock} signal ${signal}`).join(', '),
		],
		['locks', process.locks?.join(', ')],
		...Object.entries(limits).map(([name, pair]) => [`limits/${name}`, pair.join(' / ')] as const),
		...Object.entries(namespaces).map(([kind, text]) => [`namespaces/${kind}`, text] as const),
		...environment.map((entry) => {
			const [name = ''] = entry.split('=', 1);
			return [`environment/${name}`, `${entry.length - name.length - 1} B`] as const;
		}),
	]);
}

const idsText = ({uid, euid, gid, egid, groups}: Credentials): string =>
	`uid ${uid}/${euid} gid ${gid}/${egid} ${groups.join(',')}`.trim();

/** What belongs to each process as a whole. */
export function processBlocks(comparison: Comparison, width: number): Block[] {
	const {labels} = messages().evidence;
	return processPairs(comparison).flatMap(({pid, before, after}) => {
		const [was, is] = [before, after].map((one) => (one ? properties(one) : new Map<string, string>()));
		const names = new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])]);
		const path = `processes/${pid}`;
		return [
			{path, rows: [heading(labels.process({pid}))]},
			...[...names].map((name) => {
				const at = `${path}/${name}`;
				const mark = markAt(comparison.differences, at);
				return {path: at, rows: [pairRow(name, mark, [was?.get(name), is?.get(name)], width, 26)]};
			}),
		];
	});
}
