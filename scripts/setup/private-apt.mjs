import fs from 'node:fs';
import path from 'node:path';
import {capture} from './command.mjs';

/**
 * An apt of our own in `folder`: the machine's settings (proxies, credentials, trust) but its own sources,
 * lists and an empty package database, so that it fetches a package with everything that it needs, and
 * nothing on the machine changes.
 */
function configure(folder, source) {
	const at = (...names) => path.join(folder, ...names);
	for (const name of ['sources.d', 'state/lists/partial', 'cache/archives/partial']) {
		fs.mkdirSync(at(name), {recursive: true});
	}

	fs.writeFileSync(at('status'), '');
	fs.writeFileSync(at('sources.d/private.sources'), source);
	// Given with -c, so it is read after the machine's own settings and can take some of them back.
	fs.writeFileSync(
		at('apt.conf'),
		`Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "${at('sources.d')}/";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "${at('state')}/";
Dir::State::Lists "${at('state/lists')}/";
Dir::State::Status "${at('status')}";
Dir::Cache "${at('cache')}/";
Dir::Cache::Archives "${at('cache/archives')}/";
Dir::Log "${folder}/";
APT::Default-Release "";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
Debug::NoLocking "true";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Install-Pkgs;
#clear DPkg::Post-Invoke;
#clear Acquire::IndexTargets::deb::DEP-11;
`,
	);
	return at('apt.conf');
}

/** Reads the package lists of `source`. @returns {Promise<{config: string, env: NodeJS.ProcessEnv, failure?: string}>} */
async function privateApt(folder, source) {
	const config = configure(folder, source);
	const env = {...process.env, LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive'};
	const {ok, output} = await capture(
		['apt-get', '-q', '-c', config, '-o', 'APT::Update::Error-Mode=any', 'update'],
		{env},
	);
	return ok ? {config, env} : {config, env, failure: output};
}

const archivesIn = (folder) =>
	fs
		.readdirSync(folder)
		.filter((file) => file.endsWith('.deb'))
		.map((file) => path.join(folder, file));

/**
 * Downloads a package and all it depends on.
 * @param {string} folder an empty folder
 * @param {string} source a deb822 paragraph
 * @param {string} name
 * @param {(version: string) => boolean} accept
 * @returns {Promise<{archives: string[], version: string} | {failure: string}>}
 */
export async function downloadWithDependencies(folder, source, name, accept) {
	const {config, env, failure} = await privateApt(folder, source);
	if (failure !== undefined) return {failure};
	const policy = await capture(['apt-cache', '-c', config, 'policy', name], {env});
	const version = /^\s+Candidate: (?:\d+:)?(\S+)/m.exec(policy.output)?.[1] ?? '';
	if (!accept(version)) return {failure: policy.output};
	const downloaded = await capture(
		['apt-get', '-q', '-c', config, 'install', '-y', '--download-only', name],
		{env},
	);
	if (!downloaded.ok) return {failure: downloaded.output};
	return {archives: archivesIn(path.join(folder, 'cache/archives')), version};
}

/**
 * Downloads one package alone: for a program whose libraries are on the machine already.
 * @param {string} folder an empty folder
 * @param {string} source a deb822 paragraph
 * @param {string} name
 * @returns {Promise<{archives: string[]} | {failure: string}>}
 */
export async function downloadAlone(folder, source, name) {
	const {config, env, failure} = await privateApt(folder, source);
	if (failure !== undefined) return {failure};
	const {ok, output} = await capture(['apt-get', '-q', '-c', config, 'download', name], {cwd: folder, env});
	return ok ? {archives: archivesIn(folder)} : {failure: output};
}

/**
 * As `downloadAlone`, of the first package that a meta-package depends on and whose name matches.
 * @param {string} folder an empty folder
 * @param {string} source a deb822 paragraph
 * @param {string} meta e.g. "linux-image-cloud-amd64"
 * @param {RegExp} wanted
 * @returns {Promise<{archives: string[]} | {failure: string}>}
 */
export async function downloadDependency(folder, source, meta, wanted) {
	const {config, env, failure} = await privateApt(folder, source);
	if (failure !== undefined) return {failure};
	const {output} = await capture(['apt-cache', '-c', config, 'depends', meta], {env});
	const names = [...output.matchAll(/^\s*Depends: (\S+)$/gm)].map(([, name]) => name);
	const name = names.find((one) => wanted.test(one));
	if (name === undefined) return {failure: output};
	const {ok, output: said} = await capture(['apt-get', '-q', '-c', config, 'download', name], {
		cwd: folder,
		env,
	});
	return ok ? {archives: archivesIn(folder)} : {failure: said};
}
