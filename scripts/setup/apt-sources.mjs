import fs from 'node:fs';
import path from 'node:path';

/**
 * One package source of this machine.
 * @typedef {object} AptSource
 * @property {string[]} uris
 * @property {string[]} suites
 * @property {string[]} components
 * @property {string | undefined} signedBy a file's path, or (deb822) a key block of several lines
 */

/** `[arch=amd64 signed-by=/a/key.gpg]` → the value of signed-by. */
function signedByOption(options = '') {
	return /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1];
}

/**
 * The one-line format, `deb [options] uri suite component…` (sources.list(5)).
 * @returns {AptSource[]}
 */
export function parseOneLine(text) {
	const sources = [];
	for (const line of text.split('\n')) {
		const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
		if (!match) continue;
		const [, options, uri, suite, components] = match;
		sources.push({
			uris: [uri],
			suites: [suite],
			components: components.split(/\s+/).filter(Boolean),
			signedBy: signedByOption(options),
		});
	}

	return sources;
}

/** Fields of one paragraph, names in lower case; continuation lines keep their line breaks. */
function fieldsOf(paragraph) {
	const fields = {};
	let last;
	for (const line of paragraph.split('\n')) {
		if (line.startsWith('#')) continue;
		const field = /^([^\s:]+):\s*(.*)$/.exec(line);
		if (field) {
			last = field[1].toLowerCase();
			fields[last] = field[2].trimEnd();
		} else if (last && /^\s/.test(line)) {
			fields[last] += `\n${line.trimEnd()}`;
		}
	}

	return fields;
}

const words = (text = '') => text.split(/\s+/).filter(Boolean);

/**
 * The deb822 format: paragraphs of fields.
 * @returns {AptSource[]}
 */
export function parseDeb822(text) {
	return text
		.replaceAll('\r', '')
		.split(/\n\s*\n/)
		.map(fieldsOf)
		.filter((fields) => words(fields.types).includes('deb'))
		.filter((fields) => !/^(no|false|without|off|disable|0)$/i.test(fields.enabled ?? 'yes'))
		.map((fields) => ({
			uris: words(fields.uris),
			suites: words(fields.suites),
			components: words(fields.components),
			signedBy: fields['signed-by'],
		}));
}

/**
 * Mirrors of Debian itself: those that have the machine's own release, whole (no `-updates`, no `-security`),
 * in component main. Those whose path looks like Debian's come first, because others imitate the suite names.
 * @param {AptSource[]} sources
 * @param {string | undefined} codename of the machine's release, from os-release
 * @returns {Array<{uri: string, signedBy: string | undefined}>}
 */
export function debianMirrors(sources, codename) {
	const releases = ['stable', 'oldstable', 'testing', 'unstable', 'sid', codename];
	const mirrors = sources
		.filter(({suites, components}) => components.includes('main') && suites.some((s) => releases.includes(s)))
		.flatMap(({uris, signedBy}) => uris.map((uri) => ({uri, signedBy})));
	const unique = mirrors.filter(({uri}, index) => mirrors.findIndex((m) => m.uri === uri) === index);
	const isDebians = ({uri}) => /\/debian\/?$/.test(uri);
	return [...unique.filter(isDebians), ...unique.filter((mirror) => !isDebians(mirror))];
}

/** A deb822 paragraph for another suite of the same mirror, trusted by the same key. */
export function sourceFor({uri, signedBy}, suite) {
	const lines = ['Types: deb', `URIs: ${uri}`, `Suites: ${suite}`, 'Components: main'];
	if (signedBy) lines.push(`Signed-By: ${signedBy}`);
	return `${lines.join('\n')}\n`;
}

const readIfThere = (file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '');

/** All package sources that apt is told of below `etc` (/etc/apt). @returns {AptSource[]} */
export function readSources(etc) {
	const parts = path.join(etc, 'sources.list.d');
	const names = fs.existsSync(parts) ? fs.readdirSync(parts).sort() : [];
	const read = (ending) =>
		names.filter((name) => name.endsWith(ending)).map((name) => readIfThere(path.join(parts, name)));
	return [
		...parseOneLine(readIfThere(path.join(etc, 'sources.list'))),
		...read('.list').flatMap(parseOneLine),
		...read('.sources').flatMap(parseDeb822),
	];
}

/** e.g. "bookworm"; undefined where os-release does not tell. */
export function releaseCodename(osRelease) {
	return /^VERSION_CODENAME="?([^"\n]*)"?$/m.exec(osRelease)?.[1] || undefined;
}
