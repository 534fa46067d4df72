import {contextLines} from '../../context/lines.js';
import type {Difference, Snapshot} from '../../context/model.js';
import {messages} from '../../i18n/index.js';
import {momentText, reasonText} from '../../i18n/reason.js';
import {html, type Markup} from './markup.js';
import type {Report} from './report.js';

/** The table of what was compared: threads, connections, and everything that differs. */
export function differencesSection(report: Report): Markup {
	const {before, after, verdict, withEnvironment} = report;
	const {report: text, evidence} = messages();
	const {labels, classes, nothing} = evidence;
	const shown = verdict.differences.map((one) =>
		withEnvironment ? withValues(one, before, after) : withoutArguments(one),
	);
	const rows = contextLines(before, after, shown).map((line) => {
		const {key, params} = line.label;
		const label = (labels[key] as (params: unknown) => string)(params);
		const why = line.reason === undefined ? '' : reasonText(line.reason, line.params);
		return html`<tr><td class="${line.class}">${line.mark} ${line.class === 'same' ? '' : classes[line.class]}</td><td>${label}</td>
<td class="value">${line.before || nothing}</td><td class="value">${line.after || nothing}</td><td>${why}</td></tr>
`;
	});
	return html`<h2>${text.differences}</h2>
<div class="wide"><table><tr><th>${text.class}</th><th>${evidence.diff.header.what}</th><th>${momentText(before.moment)}</th>
<th>${momentText(after.moment)}</th><th>${text.why}</th></tr>
${rows}</table></div>
`;
}

/** Arguments may be passwords. Of environment variables, differences do not have the values anyway. */
function withoutArguments(difference: Difference): Difference {
	if (!/^processes\/\d+\/cmdline$/.test(difference.path)) return difference;
	const {hidden} = messages().report;
	return {...difference, before: hidden, after: hidden};
}

/** An environment variable that differs, with its values. */
function withValues(difference: Difference, before: Snapshot, after: Snapshot): Difference {
	const [, pid, name] = /^processes\/(\d+)\/environment\/(.*)$/.exec(difference.path) ?? [];
	if (name === undefined) return difference;
	const valueIn = ({processes}: Snapshot) =>
		processes
			.find((process) => process.pid === Number(pid))
			?.environment?.find((entry) => entry.startsWith(`${name}=`))
			?.slice(name.length + 1) ?? null;
	return {...difference, before: valueIn(before), after: valueIn(after)};
}
