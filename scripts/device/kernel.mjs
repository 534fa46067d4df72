// A kernel for the machines of `npm run test:reboot`: Debian's own for clouds, of this machine's release, unpacked
// into the cache.
import fs from 'node:fs';
import path from 'node:path';
import {messages} from '../messages.mjs';
import {debianMirrors, readSources, releaseCodename, sourceFor} from '../setup/apt-sources.mjs';
import {capture} from '../setup/command.mjs';
import {devicesFolder} from '../setup/places.mjs';
import {downloadDependency} from '../setup/private-apt.mjs';
import {replaceFolder} from '../setup/replace-folder.mjs';
import {SetupError, step} from '../setup/report.mjs';

/** The meta-package of the newest one; its `virtio` and `ext4` are built in or modules. */
const meta = 'linux-image-cloud-amd64';

/**
 * @returns {Promise<{version: string, image: string, modules: string}>} the kernel's release, its file, and the folder
 *   with its modules (what is to be /usr/lib/modules/RELEASE). Rejects with a SetupError.
 */
export async function guestKernel() {
	const codename = releaseCodename(fs.readFileSync('/etc/os-release', 'utf8'));
	if (codename === undefined) throw new SetupError(messages.rootNoSuite);
	const folder = path.join(devicesFolder(), `kernel-${codename}`);
	if (!fs.existsSync(folder)) await step(messages.steps.kernel(meta), () => fetchKernel(folder, codename));
	const [image = ''] = fs
		.readdirSync(path.join(folder, 'boot'))
		.filter((name) => name.startsWith('vmlinuz-'));
	const version = image.slice('vmlinuz-'.length);
	const modules = ['usr/lib/modules', 'lib/modules']
		.map((place) => path.join(folder, place, version))
		.find((place) => fs.existsSync(place));
	if (modules === undefined) throw new SetupError(messages.kernelFailed(meta));
	return {version, image: path.join(folder, 'boot', image), modules};
}

async function fetchKernel(folder, codename) {
	fs.mkdirSync(path.dirname(folder), {recursive: true});
	const scratch = fs.mkdtempSync(`${folder}.new-`);
	try {
		let failure = '';
		for (const mirror of debianMirrors(readSources('/etc/apt'), codename)) {
			const apt = fs.mkdtempSync(path.join(scratch, 'apt-'));
			const result = await downloadDependency(apt, sourceFor(mirror, codename), meta, /^linux-image-\d/);
			if ('failure' in result) {
				failure ||= result.failure;
				continue;
			}

			const finished = path.join(scratch, 'finished');
			const {ok, output} = await capture(['dpkg-deb', '-x', result.archives[0], finished]);
			if (!ok) throw new SetupError(messages.kernelFailed(meta), {detail: output});
			replaceFolder(finished, folder);
			return;
		}

		throw new SetupError(messages.kernelFailed(meta), {detail: failure});
	} finally {
		fs.rmSync(scratch, {recursive: true, force: true});
	}
}
