import fs from 'node:fs';
import {messages} from '../messages.mjs';
import {capture, which} from './command.mjs';
import {SetupError, step} from './report.mjs';

/**
 * @typedef {object} Need
 * @property {string} program what a person misses
 * @property {string} debian the package that has it
 * @property {() => boolean | Promise<boolean>} present
 */

/** @returns {Need} */
const command = (program, debian) => ({program, debian, present: () => which(program) !== undefined});

/**
 * Of a program that is in no user's PATH.
 * @returns {Need}
 */
function systemCommand(program, debian) {
	const present = () => which(program) !== undefined || fs.existsSync(`/usr/sbin/${program}`);
	return {program, debian, present};
}

/** @returns {Need} */
const library = (module, debian) => ({
	program: `${module} (headers)`,
	debian,
	present: async () =>
		which('pkg-config') !== undefined && (await capture(['pkg-config', '--exists', module])).ok,
});

/** What the demo calls. */
export const toRun = [command('dbus-daemon', 'dbus-daemon'), command('eu-stack', 'elfutils')];

/** gcc only recommends the C library's headers. */
const cHeaders = {
	program: 'stdio.h',
	debian: 'libc6-dev',
	present: () => fs.existsSync('/usr/include/stdio.h'),
};

/** What the tests call, or compare with. */
export const toTest = [
	command('cc', 'gcc'),
	cHeaders,
	command('readelf', 'binutils'),
	command('script', 'bsdutils'),
	command('setpriv', 'util-linux'),
	command('mount', 'mount'),
	command('ss', 'iproute2'),
	command('mmdebstrap', 'mmdebstrap'),
];

/**
 * What some tests compare or work with; without one, they are skipped and say so. The servers are left alone on a
 * machine that systemd runs: installed there, they would be started, and open to the network.
 */
export const niceToTest = [
	command('age', 'age'),
	command('ssh', 'openssh-client'),
	command('skopeo', 'skopeo'),
	command('tshark', 'tshark'),
	...(fs.existsSync('/run/systemd/system')
		? []
		: [systemCommand('sshd', 'openssh-server'), command('docker-registry', 'docker-registry')]),
];

/** What compiling `fixtures/` takes; not asked for when they are built. */
export const toBuildFixtures = [
	command('cc', 'gcc'),
	cHeaders,
	command('make', 'make'),
	command('pkg-config', 'pkg-config'),
	library('dbus-1', 'libdbus-1-dev'),
	library('libsystemd', 'libsystemd-dev'),
	library('gio-2.0', 'libglib2.0-dev'),
];

/** What the benchmarks compare with. */
export const toCompare = [
	command('busctl', 'systemd'),
	command('dbus-monitor', 'dbus-bin'),
	command('zstd', 'zstd'),
];

/** What `npm run test:reboot` makes its machines of. */
export const toReboot = [
	command('cc', 'gcc'),
	cHeaders,
	command('mmdebstrap', 'mmdebstrap'),
	command('xz', 'xz-utils'),
	systemCommand('mke2fs', 'e2fsprogs'),
	command('qemu-system-x86_64', 'qemu-system-x86'),
];

/** @param {Need[]} needs */
async function missing(needs) {
	const absent = [];
	for (const need of needs) {
		if (!(await need.present())) absent.push(need);
	}

	return absent;
}

const aptGet = ['apt-get', '-q', '-o', 'DPkg::Lock::Timeout=300'];

async function install(names) {
	const env = {...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8'};
	// A failing mirror of some other archive must not stop us when the packages are to be had.
	const updated = await capture([...aptGet, 'update'], {env});
	const installed = await capture([...aptGet, 'install', '-y', '--no-install-recommends', ...names], {env});
	if (!installed.ok) {
		throw new SetupError(messages.aptFailed(names), {detail: `${updated.output}\n${installed.output}`});
	}
}

/**
 * Installs what is missing. Neither root nor apt matters when nothing is.
 * @param {Need[]} needs
 */
export async function debianPackages(needs) {
	const absent = await missing(needs);
	if (absent.length === 0) return;
	const names = [...new Set(absent.map((need) => need.debian))];
	const programs = [...new Set(absent.map((need) => need.program))];
	if (which('apt-get') === undefined) throw new SetupError(messages.noApt(names, programs));
	if (process.getuid?.() !== 0) throw new SetupError(messages.noRoot(names, programs));
	await step(messages.steps.packages(names), () => install(names));
	const still = await missing(absent);
	if (still.length > 0) throw new SetupError(messages.aptFailed(still.map((need) => need.debian)));
}

/**
 * Installs what is missing of this where that is possible; where not, says so and goes on.
 * @param {Need[]} needs
 */
export async function optionalDebianPackages(needs) {
	const absent = await missing(needs);
	if (absent.length === 0) return;
	if (which('apt-get') !== undefined && process.getuid?.() === 0) {
		const names = absent.map((need) => need.debian);
		await step(messages.steps.packages(names), () => installWhatThereIs(names));
	}

	const programs = (await missing(absent)).map((need) => need.program);
	if (programs.length > 0) process.stderr.write(`${messages.someSkipped(programs)}\n`);
}

/** All at once, or, if a release of Debian lacks one of them, one by one. */
async function installWhatThereIs(names) {
	try {
		await install(names);
	} catch {
		if (names.length === 1) return;
		for (const name of names) await installWhatThereIs([name]);
	}
}
