import {createHash} from 'node:crypto';
import {messages} from '../../i18n/index.js';
import {describeMemory} from '../describe.js';
import {backtracesSection} from './backtraces.js';
import {differencesSection} from './differences.js';
import {html, Markup} from './markup.js';
import type {Report} from './report.js';
import {style} from './style.js';
import {timelineSection} from './timeline.js';

/** Only this very style; no script, no picture, nothing from anywhere else. */
const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'`;

/** The whole page: one file that needs no other, safe to open and to attach to a bug report. */
export function reportPage(report: Report): string {
	const {report: text} = messages();
	const title = text.title(report.manifest?.target.names[0] ?? report.before.processes[0]?.comm ?? '');
	return html`<!DOCTYPE html>
<html lang="${text.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<h1>${title}</h1>
${verdictSection(report)}${factsSection(report)}${timelineSection(report)}${differencesSection(report)}${trafficSection(report)}${backtracesSection(report)}<p class="soft">${text.madeBy(report.version, report.madeAt)} ${text.left(report.withEnvironment, report.traffic?.messages.some(({body}) => body !== undefined) === true)}</p>
</body>
</html>
`.text;
}

function verdictSection({verdict, memory}: Report): Markup {
	const {diff} = messages().evidence;
	const serious = verdict.differences.filter((difference) => difference.class !== 'expected').length;
	const sentence = verdict.preserved
		? diff.preserved(verdict.differences.length)
		: diff.notPreserved(serious);
	const lines = memory ? describeMemory(memory).map((line) => html`<br>${line.trim()}`) : [];
	return html`<p class="verdict${verdict.preserved ? '' : ' bad'}"><strong>${sentence}</strong>${lines}</p>
`;
}

/** What a maintainer asks first. Nothing that tells whose machine it is. */
function factsSection({manifest, before, withEnvironment}: Report): Markup {
	const {facts} = messages().report;
	const root = before.processes[0];
	const rows: Array<[string, string | undefined]> = [
		[facts.program, root?.exe],
		[facts.arguments, withEnvironment ? root?.cmdline.join(' ') : undefined],
		[
			facts.process,
			`${before.pid} (${before.processes.length}, ${before.processes.flatMap((p) => p.threads).length})`,
		],
		[
			facts.connections,
			before.connections.map((c) => [c.uniqueName, ...c.names.map((n) => n.name)].join(' ')).join(', '),
		],
		['CRIU', manifest?.criu.version],
		[facts.machine, manifest && `Linux ${manifest.host.kernel} ${manifest.host.arch}, ${manifest.host.cpu}`],
		[facts.notPortable, manifest?.portableBecause.join('; ')],
	];
	const shown = rows.filter(([, value]) => value !== undefined && value !== '');
	return html`<table>${shown.map(
		([name, value]) => html`<tr><th>${name}</th><td class="value">${value}</td></tr>
`,
	)}</table>
`;
}

function trafficSection({traffic}: Report): Markup {
	if (traffic === undefined) return new Markup('');
	const {traffic: text} = messages().report;
	const withBodies = traffic.messages.some(({body}) => body !== undefined);
	const rows = traffic.messages.map(
		(
			one,
		) => html`<tr class="${one.ofTarget ? 'target' : ''}"><td><time>${new Date(one.at).toISOString().slice(11, -1)}</time></td><td>${one.type}</td>
<td class="value">${one.sender} → ${one.destination}</td><td class="value">${one.path} ${one.what}</td><td class="number">${one.bytes}</td>${withBodies ? html`<td class="value">${one.body}</td>` : undefined}</tr>
`,
	);
	return html`<h2>${text.title}</h2>
<div class="wide"><table><tr><th>${text.time}</th><th>${text.type}</th><th>${text.route}</th><th>${text.what}</th><th>${text.bytes}</th>${withBodies ? html`<th>${text.body}</th>` : undefined}</tr>
${rows}</table></div>
${
	traffic.more > 0
		? html`<p class="soft">${text.more(traffic.more)}</p>
`
		: undefined
}`;
}
