import fs from 'node:fs';
import path from 'node:path';
import {messages} from '../messages.mjs';
import {debianMirrors, readSources, releaseCodename, sourceFor} from './apt-sources.mjs';
import {capture, which} from './command.mjs';
import {brokerFolder} from './places.mjs';
import {downloadAlone} from './private-apt.mjs';
import {replaceFolder} from './replace-folder.mjs';
import {step} from './report.mjs';

/** The program inside the package, and inside the folder of it. */
const inside = 'usr/bin/dbus-broker';

const readIfThere = (file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '');

/**
 * A dbus-broker for the tests, out of the package of this Debian release: it needs the same libraries as
 * dbus-daemon. It is unpacked, not installed, because an installed one would become the machine's bus.
 * Without one, its tests are skipped and say so.
 */
export async function broker() {
	const folder = brokerFolder();
	if (which('dbus-broker') !== undefined || fs.existsSync(path.join(folder, inside))) return;
	const codename = releaseCodename(readIfThere('/etc/os-release'));
	const mirrors = debianMirrors(readSources('/etc/apt'), codename);
	const hasTools = which('apt-get') !== undefined && which('dpkg-deb') !== undefined;
	if (!hasTools || codename === undefined || mirrors.length === 0) {
		process.stderr.write(`${messages.noBroker}\n`);
		return;
	}

	try {
		await step(messages.steps.broker, () => fetchBroker(folder, mirrors, codename));
	} catch (error) {
		process.stderr.write(`${messages.noBroker}\n${error.message}\n`);
	}
}

async function fetchBroker(folder, mirrors, codename) {
	fs.mkdirSync(path.dirname(folder), {recursive: true});
	const scratch = fs.mkdtempSync(`${folder}.new-`);
	try {
		const archive = await download(mirrors, codename, scratch);
		const finished = path.join(scratch, 'finished');
		const {ok, output} = await capture(['dpkg-deb', '-x', archive, finished]);
		if (!ok) throw new Error(output);
		const started = await capture([path.join(finished, inside), '--version']);
		if (!started.ok) throw new Error(started.output);
		fs.chmodSync(finished, 0o755);
		replaceFolder(finished, folder);
	} finally {
		fs.rmSync(scratch, {recursive: true, force: true});
	}
}

async function download(mirrors, codename, scratch) {
	const failures = [];
	for (const mirror of mirrors) {
		const folder = fs.mkdtempSync(path.join(scratch, 'apt-'));
		const result = await downloadAlone(folder, sourceFor(mirror, codename), 'dbus-broker');
		if ('archives' in result && result.archives[0] !== undefined) return result.archives[0];
		failures.push('failure' in result ? result.failure : '');
	}

	throw new Error(failures[0]);
}
