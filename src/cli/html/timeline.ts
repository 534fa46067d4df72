import {messages} from '../../i18n/index.js';
import {html, Markup} from './markup.js';
import type {Report, ReportStage} from './report.js';

/** Widths are in units of the picture, which is stretched to the page. */
const width = 1000;
/** A stage of no time is still seen; the time frozen, which may be days, takes this much. */
const least = 3;
const frozenWidth = 120;

/** The stages of freeze and thaw as a bar in proportion, and as a table. */
export function timelineSection({stages, manifest}: Report): Markup {
	if (stages.length === 0) return new Markup('');
	const {report: text} = messages();
	const rows = stages.map(
		({operation, name, ms, at}) =>
			html`<tr><td>${text.operations[operation]}</td><td><code>${name}</code></td><td class="number">${ms.toFixed(1)} ms</td>
<td><time>${new Date(at).toISOString()}</time></td></tr>
`,
	);
	const {stoppedAt, resumedAt} = manifest ?? {};
	const downtime =
		stoppedAt !== undefined && resumedAt !== undefined
			? html`<p>${text.downtime((resumedAt - stoppedAt).toFixed(0))}</p>
`
			: undefined;
	return html`<h2>${text.timeline}</h2>
${bar(stages)}${downtime}<div class="wide"><table><tr><th>${text.operation}</th><th>${text.stage}</th><th>${text.work}</th><th>${text.reached}</th></tr>
${rows}</table></div>
`;
}

function bar(stages: readonly ReportStage[]): Markup {
	const total = stages.reduce((sum, {ms}) => sum + ms, 0);
	const thawed = stages.some(({operation}) => operation === 'thaw');
	const room = width - (thawed ? frozenWidth : 0) - stages.length * least;
	let x = 0;
	const parts: Markup[] = [];
	for (const [index, {operation, name, ms}] of stages.entries()) {
		if (operation === 'thaw' && stages[index - 1]?.operation === 'freeze') {
			parts.push(rectangle(x, frozenWidth - least, 'frozen', messages().report.frozen));
			x += frozenWidth;
		}
		const long = least + (total > 0 ? (ms / total) * room : 0);
		parts.push(
			rectangle(x, long - 1, index % 2 === 0 ? 'stage' : 'stage odd', `${name} ${ms.toFixed(1)} ms`),
		);
		x += long;
	}
	return html`<svg viewBox="0 0 ${width} 20" preserveAspectRatio="none" role="img">
${parts}</svg>
`;
}

const rectangle = (x: number, long: number, kind: string, title: string): Markup =>
	html`<rect class="${kind}" x="${x.toFixed(1)}" y="0" width="${Math.max(long, 1).toFixed(1)}" height="20"><title>${title}</title></rect>
`;
