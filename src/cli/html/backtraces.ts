import type {Frame, Snapshot, ThreadSnapshot} from '../../context/model.js';
import {messages} from '../../i18n/index.js';
import {momentText} from '../../i18n/reason.js';
import {html, Markup} from './markup.js';
import type {Report} from './report.js';

/** Every thread's backtrace at each moment that has one, side by side. */
export function backtracesSection({moments}: Report): Markup {
	const seen = moments.filter((moment) => threadsOf(moment).some(({backtrace}) => backtrace !== undefined));
	const [first] = seen;
	if (first === undefined) return new Markup('');
	const {report: text, evidence} = messages();
	const threads = threadsOf(first).map(
		({tid, comm}) => html`<h3>${evidence.labels.thread({tid, comm})}</h3>
<div class="wide"><table><tr>${seen.map(({moment}) => html`<th>${momentText(moment)}</th>`)}</tr>
<tr>${seen.map((moment) => html`<td>${trace(threadsOf(moment).find((thread) => thread.tid === tid))}</td>`)}</tr></table></div>
`,
	);
	return html`<h2>${text.backtraces}</h2>
${threads}`;
}

const threadsOf = ({processes}: Snapshot): ThreadSnapshot[] => processes.flatMap(({threads}) => threads);

function trace(thread: ThreadSnapshot | undefined): Markup {
	const frames = thread?.backtrace ?? [];
	if (frames.length === 0) return html`<span class="soft">${messages().evidence.nothing}</span>`;
	return html`<pre>${frames.map(
		(frame, index) => html`${frameText(frame, index)}
`,
	)}</pre>`;
}

const frameText = ({pc, symbol, module}: Frame, index: number): string =>
	[`#${index}`, pc, symbol, module && `(${module.split('/').at(-1)})`].filter(Boolean).join(' ');
