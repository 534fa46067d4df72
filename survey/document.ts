import type {Finding} from './model.js';

/** The machine on which a survey was done. */
export interface Circumstances {
	date: Date;
	debian: string;
	kernel: string;
	criu: string;
	cores: number;
	/** Keys of services whose packages are not in this release. */
	absent: readonly string[];
}

const columns = [
	'service',
	'library',
	'threads',
	'fds',
	'held',
	'portable',
	'signal',
	'cold ms',
	'dump ms',
	'restore ms',
	'MB',
	'verdict',
] as const;

/** One line of the table, a cell for each column. */
export function cells(finding: Finding): string[] {
	const {key, library, threads, fds, processes, held, portable, signals, outcome, cause} = finding;
	const number = (value: number | undefined) =>
		value === undefined ? '' : value.toFixed(value < 10 ? 1 : 0);
	const isKnown = outcome !== 'not started';
	return [
		key,
		library,
		isKnown ? `${threads}${processes > 1 ? ` in ${processes} processes` : ''}` : '',
		isKnown ? String(fds) : '',
		portable === undefined ? '' : String(held),
		portable === undefined ? '' : portable ? 'yes' : 'no',
		signals ? 'heard' : '',
		number(finding.coldMs),
		number(finding.dumpMs),
		number(finding.restoreMs),
		number(finding.megabytes),
		outcome === 'preserved' ? 'preserved' : `${outcome}: ${cause}`,
	];
}

export interface Score {
	tried: number;
	preserved: number;
	/** As the preflight had announced. */
	changed: number;
	refused: number;
	failed: number;
	notStarted: number;
}

/** Services that do not start there say nothing about freezing, and are not counted as tried. */
export function score(findings: readonly Finding[]): Score {
	const count = (outcome: Finding['outcome']) => findings.filter((one) => one.outcome === outcome).length;
	const [preserved, changed, refused] = [count('preserved'), count('changed'), count('refused')];
	const failed = count('failed');
	const tried = preserved + changed + refused + failed;
	return {tried, preserved, changed, refused, failed, notStarted: count('not started')};
}

export function summary(findings: readonly Finding[]): string {
	const {tried, preserved, changed, refused, failed, notStarted} = score(findings);
	const share = tried === 0 ? 0 : Math.round((100 * preserved) / tried);
	const rest = notStarted === 0 ? '' : `; ${notStarted} did not start there`;
	return `${tried} frozen and thawed three times each: ${preserved} preserved (${share} %), ${changed} changed as announced, ${refused} refused, ${failed} failed${rest}`;
}

/** `docs/services.md`. Texts of services are escaped: a cell is one line, and no markup. */
export function document(
	findings: readonly Finding[],
	{date, debian, kernel, criu, cores, absent}: Circumstances,
): string {
	const table = (kind: Finding['kind']) => {
		const lines = findings.filter((one) => one.kind === kind).map((one) => line(cells(one).map(escaped)));
		return [line(columns), line(columns.map(() => '---')), ...lines].join('\n');
	};
	return `# Real services, frozen and thawed

Written by \`npm run test:services\` on ${date.toISOString().slice(0, 10)}: Debian ${debian}, Linux ${kernel}, CRIU ${criu}, ${cores} cores.
Each service is started from its Debian package on a device of its own kind (namespaces with a Debian root), then frozen
and thawed three times. Each time a call waits at the frozen service and must be answered after the thaw; where the
service can be made to emit a signal, it must be heard after each thaw by a client that subscribed before the first
freeze. Unique name, names, threads, descriptors and process id must be those of before, no NameOwnerChanged may come, and the
verdict must be "preserved". Times are medians; "cold" is from the start to the first answered call.

## On a bus of their own

${summary(findings.filter(({kind}) => kind === 'bus'))}.

${table('bus')}

## As units of systemd, on the system bus

${summary(findings.filter(({kind}) => kind === 'unit'))}.

${table('unit')}
${absent.length === 0 ? '' : `\nNot in this release of Debian: ${absent.join(', ')}.\n`}`;
}

const line = (texts: readonly string[]) => `| ${texts.join(' | ')} |`;

const escaped = (text: string) => text.replaceAll(/\s+/g, ' ').replaceAll(/([\\|<>*`[\]])/g, '\\$1');
