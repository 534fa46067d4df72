import fs from 'node:fs';
import path from 'node:path';
import {messages} from '../messages.mjs';
import {debianMirrors, readSources, releaseCodename, sourceFor} from './apt-sources.mjs';
import {capture, which} from './command.mjs';
import {downloadWithDependencies} from './private-apt.mjs';
import {replaceFolder} from './replace-folder.mjs';
import {SetupError, step} from './report.mjs';

/** In the order in which they are tried: the most settled first. */
const suites = ['testing', 'forky', 'sid'];

/** Where Debian's packages put the dynamic loader and the libraries, on a merged /usr. */
const layouts = [
	{loader: 'usr/lib64/ld-linux-x86-64.so.2', libraries: 'usr/lib/x86_64-linux-gnu'},
	{loader: 'usr/lib/ld-linux-aarch64.so.1', libraries: 'usr/lib/aarch64-linux-gnu'},
	{loader: 'usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1', libraries: 'usr/lib/aarch64-linux-gnu'},
];

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** A criu that runs with the C library it was built for, whatever the machine has. */
export function wrapperScript(folder, {loader, libraries}) {
	const root = path.join(folder, 'root');
	return `#!/bin/sh
root=${quoted(root)}
exec "$root/${loader}" --library-path "$root/${libraries}" "$root/usr/sbin/criu" "$@"
`;
}

async function extract(archives, root) {
	for (const archive of archives) {
		const {ok, output} = await capture(['dpkg-deb', '-x', archive, root]);
		if (!ok) throw new SetupError(messages.criuFetchFailed(suites), {detail: output});
	}
}

async function download(mirrors, scratch, accept) {
	const failures = [];
	for (const mirror of mirrors) {
		for (const suite of suites) {
			const folder = fs.mkdtempSync(path.join(scratch, 'apt-'));
			const result = await downloadWithDependencies(folder, sourceFor(mirror, suite), 'criu', accept);
			if ('archives' in result) return result.archives;
			failures.push(result.failure);
		}
	}

	throw new SetupError(messages.criuFetchFailed(suites), {detail: failures[0] ?? ''});
}

/**
 * Fetches CRIU and its libraries from a newer suite of the Debian mirror that this machine uses, into a folder
 * of its own: `FOLDER/criu` is the program to call. Nothing is installed.
 * @param {string} folder
 * @param {string} whyNot why the system's CRIU will not do, for messages
 * @param {(version: string) => boolean} accept
 */
export async function fetchCriu(folder, whyNot, accept) {
	if (which('apt-get') === undefined || which('dpkg-deb') === undefined) {
		throw new SetupError(messages.noCriuApt(whyNot));
	}

	const osRelease = fs.existsSync('/etc/os-release') ? fs.readFileSync('/etc/os-release', 'utf8') : '';
	const mirrors = debianMirrors(readSources('/etc/apt'), releaseCodename(osRelease));
	if (mirrors.length === 0) throw new SetupError(messages.noCriuMirror(whyNot));

	fs.mkdirSync(path.dirname(folder), {recursive: true});
	const scratch = fs.mkdtempSync(`${folder}.new-`);
	try {
		await step(messages.steps.criu, async () => {
			const archives = await download(mirrors, scratch, accept);
			const finished = path.join(scratch, 'finished');
			const root = path.join(finished, 'root');
			fs.mkdirSync(root, {recursive: true});
			await extract(archives, root);
			const layout = layouts.find(({loader}) => fs.existsSync(path.join(root, loader)));
			if (!layout) throw new Error(`no known dynamic loader in ${root}`);
			fs.writeFileSync(path.join(finished, 'criu'), wrapperScript(folder, layout), {mode: 0o755});
			replaceFolder(finished, folder);
		});
	} finally {
		fs.rmSync(scratch, {recursive: true, force: true});
	}
}
