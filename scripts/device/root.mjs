// A Debian root for devices of tests: a folder with a minimal system of this machine's release (or one asked
// for) and the packages that a test needs, kept in the cache. Plain JavaScript, because npm scripts that run
// before anything is built use it, too.
import {spawn} from 'node:child_process';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {messages} from '../messages.mjs';
import {debianMirrors, readSources, releaseCodename, sourceFor} from '../setup/apt-sources.mjs';
import {capture, which} from '../setup/command.mjs';
import {devicesFolder} from '../setup/places.mjs';
import {printError, SetupError, step} from '../setup/report.mjs';

/**
 * @typedef {object} RootWanted
 * @property {string} [suite] of Debian, e.g. "bookworm"; without it, that of this machine
 * @property {string[]} packages besides the essential ones and `always`; without their recommendations
 */

/** To be changed when roots are built in another way, so that older ones are built anew. */
const recipe = 1;

/** What every device has: mount(8) to start with; the C++ library is for the Node that runs our program in it. */
const always = ['libstdc++6', 'mount'];

/** Nobody reads manuals on a device; a third of its size. */
const leftOut = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*', '/usr/share/info/*'];

const codename = () => releaseCodename(fs.readFileSync('/etc/os-release', 'utf8'));

/** @param {RootWanted} wanted */
function described({suite = codename(), packages}) {
	if (suite === undefined) throw new SetupError(messages.rootNoSuite);
	const names = [...new Set([...always, ...packages])].sort();
	const stamp = createHash('sha256')
		.update(JSON.stringify([recipe, suite, names]))
		.digest('hex')
		.slice(0, 12);
	return {suite, names, folder: path.join(devicesFolder(), `${suite}-${stamp}`)};
}

/**
 * Why no root can be built here; undefined if it can. For tests, which are skipped then.
 * @returns {string | undefined}
 */
export function whyNoRoots() {
	if (process.getuid?.() !== 0) return 'not root';
	const missing = ['mmdebstrap', 'flock', 'apt-get'].find((name) => which(name) === undefined);
	return missing === undefined ? undefined : `no ${missing}`;
}

/**
 * The folder of a root; builds it when it is not in the cache (half a minute), and says so. Several may ask
 * at once: one builds, the others wait. Never to be written to: devices have a layer of their own above it.
 * Rejects with a SetupError.
 * @param {RootWanted} wanted
 * @returns {Promise<string>}
 */
export async function debianRoot(wanted) {
	const {folder} = described(wanted);
	if (fs.existsSync(folder)) return folder;
	fs.mkdirSync(path.dirname(folder), {recursive: true, mode: 0o755});
	// The kernel lets go of the lock when its holder ends, however it ends.
	const self = fileURLToPath(import.meta.url);
	const child = spawn('flock', [`${folder}.lock`, process.execPath, self, JSON.stringify(wanted)], {
		stdio: ['ignore', 'inherit', 'inherit'],
	});
	const [code] = await once(child, 'exit');
	if (code !== 0 || !fs.existsSync(folder)) throw new SetupError(messages.rootFailed(folder));
	return folder;
}

/** The machine's settings for fetching (proxies, checks of dates), without the indexes that only desktops read. */
async function acquireSettings() {
	const {output} = await capture(['apt-config', 'dump', 'Acquire']);
	return output
		.split('\n')
		.filter((line) => line.startsWith('Acquire::') && !line.startsWith('Acquire::IndexTargets'))
		.join('\n');
}

async function build({suite, names, folder}) {
	const mirrors = debianMirrors(readSources('/etc/apt'), codename());
	if (mirrors.length === 0) throw new SetupError(messages.rootNoMirror);
	const scratch = fs.mkdtempSync(`${folder}.new-`);
	try {
		const finished = path.join(scratch, 'root');
		const source = path.join(scratch, 'debian.sources');
		const settings = path.join(scratch, 'apt.conf');
		fs.writeFileSync(settings, `${await acquireSettings()}\n`);
		const argv = [
			// Whatever it mounts vanishes with it.
			...['unshare', '--mount', '--propagation', 'private'],
			...['mmdebstrap', '--mode=root', '--variant=essential', '--format=directory'],
			`--aptopt=${settings}`,
			'--aptopt=APT::Install-Recommends "false"',
			'--dpkgopt=force-unsafe-io',
			...leftOut.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
			`--include=${names.join(',')}`,
			...[suite, finished, source],
		];
		let failure = '';
		for (const mirror of mirrors) {
			fs.writeFileSync(source, sourceFor(mirror, suite));
			fs.rmSync(finished, {recursive: true, force: true});
			const {ok, output} = await capture(argv, {env: {...process.env, LC_ALL: 'C.UTF-8'}});
			if (ok) {
				fs.renameSync(finished, folder);
				return;
			}

			failure ||= output;
		}

		throw new SetupError(messages.rootFailed(folder), {detail: failure});
	} finally {
		fs.rmSync(scratch, {recursive: true, force: true});
	}
}

/** Removes what builders that were killed have left; only the holder of the lock may. */
function sweep(folder) {
	for (const name of fs.readdirSync(path.dirname(folder))) {
		if (!name.startsWith(`${path.basename(folder)}.new-`)) continue;
		fs.rmSync(path.join(path.dirname(folder), name), {recursive: true, force: true});
	}
}

/** What runs under the lock. */
async function main(wanted) {
	const root = described(wanted);
	if (fs.existsSync(root.folder)) return;
	sweep(root.folder);
	await step(messages.steps.root(root.suite, root.names), () => build(root));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	try {
		await main(JSON.parse(process.argv[2] ?? '{}'));
	} catch (error) {
		if (!(error instanceof SetupError)) throw error;
		printError(error);
		process.exitCode = error.exitCode;
	}
}
