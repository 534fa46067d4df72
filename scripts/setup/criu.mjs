import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {messages} from '../messages.mjs';
import {capture, which} from './command.mjs';
import {criuFolder} from './places.mjs';
import {fetchCriu} from './private-criu.mjs';
import {SetupError, step} from './report.mjs';

/** 4.2 is the first that dumps TCP and UDP sockets on kernels from 6.16 on (criu issue 2705). */
export function isGoodCriu(version) {
	const [major = 0, minor = 0] = version.split('.').map(Number);
	return major > 4 || (major === 4 && minor >= 2);
}

/** @returns {Promise<string | undefined>} */
export async function criuVersion(file) {
	const {ok, output} = await capture([file, '--version']);
	return ok ? /^Version: (\S+)/m.exec(output)?.[1] : undefined;
}

const isRoot = () => process.getuid?.() === 0;

/** Only root can ask the kernel everything; for others it is asked when they freeze. */
const works = async (file) => !isRoot() || (await capture([file, 'check'])).ok;

/** Changes with the binary, the kernel and each boot: also after a reboot the first dump finds criu's cache filled. */
function stampFor(file) {
	const {mtimeMs, size} = fs.statSync(file);
	const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
	return [file, mtimeMs, size, os.release(), boot, isRoot()].join(' ');
}

/** @returns {Promise<{file: string} | {whyNot: string}>} */
async function systemCriu() {
	const file = which('criu');
	if (file === undefined) return {whyNot: messages.criuNone};
	const version = await criuVersion(file);
	if (version === undefined || !isGoodCriu(version)) return {whyNot: messages.criuOld(file, version ?? '?')};
	return (await works(file)) ? {file} : {whyNot: messages.criuBad(file)};
}

async function check(file) {
	const version = (await criuVersion(file)) ?? '?';
	await step(messages.steps.check(version), async () => {
		const {ok, output} = await capture([file, 'check']);
		if (!ok) throw new SetupError(messages.criuCheckFailed(file), {detail: output});
	});
}

/**
 * Sees to it that there is a CRIU that works here: the system's when it is good, else one of our own.
 * @param {import('./stamps.mjs').Stamps} stamps
 */
export async function criu(stamps) {
	const own = path.join(criuFolder(), 'criu');
	const known = [which('criu'), own].some(
		(file) => file !== undefined && fs.existsSync(file) && stamps.matches('criu', stampFor(file)),
	);
	if (known) return;
	const system = await systemCriu();
	if ('file' in system) {
		stamps.set('criu', stampFor(system.file));
		return;
	}

	const version = fs.existsSync(own) ? await criuVersion(own) : undefined;
	if (version === undefined || !isGoodCriu(version)) {
		await fetchCriu(path.dirname(own), system.whyNot, isGoodCriu);
	}

	if (isRoot()) await check(own);
	stamps.set('criu', stampFor(own));
}
