import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {missingFeatures} from '../../src/criu/cpu.js';
import {findCriu} from '../../src/criu/find.js';
import {featuresInImage} from '../../src/criu/images/cpu-features.js';
import {processor} from '../../src/criu/images/schema.js';
import {temporaryFolder} from '../support/compile.js';
import {criuPath} from '../support/criu.js';
import {editImage} from '../support/edit-image.js';

const x86Test = process.arch === 'x64' ? test : test.skip;

/** What CRIU says of this processor. */
async function imageOfThis(folder: string): Promise<string> {
	execFileSync(await criuPath(), ['cpuinfo', 'dump', '-D', folder, '--cpu-cap=cpu']);
	return path.join(folder, 'cpuinfo.img');
}

x86Test('features are named as the kernel names them', async (t) => {
	const features = await featuresInImage(await imageOfThis(temporaryFolder(t)));
	const [, line = ''] = /^flags\s*:(.*)$/m.exec(fs.readFileSync('/proc/cpuinfo', 'utf8')) ?? [];
	const flags = new Set(line.trim().split(' '));
	t.true(['sse2', 'lm', 'syscall'].every((name) => features?.has(name)));
	// The kernel may have been told, or have decided, to use less than there is; it never invents.
	const known =
		/^(fpu|cmov|sse.*|ssse3|pni|avx.*|bmi.|fma|f16c|aes|movbe|popcnt|adx|sha_ni|gfni|v?aes|v?pclmulqdq|xsave.?|clflush.*|rdrand|cx16|cx8|lahf_lm|abm|rdpid|pku)$/;
	const unknown = [...flags].filter((flag) => known.test(flag) && !features?.has(flag));
	t.deepEqual(
		unknown.filter((flag) => !/^avx_|bf16|xsaves|fp16/.test(flag)),
		[],
	);
});

x86Test('what this processor lacks of that of the images is named, and nothing else', async (t) => {
	const folder = temporaryFolder(t);
	const images = path.join(folder, 'images');
	fs.mkdirSync(images);
	const criu = await findCriu(process.env.DBUSFREEZE_CRIU, process.env);
	t.is(await missingFeatures(images, criu), undefined, 'they do not tell');
	const image = await imageOfThis(images);
	t.deepEqual(await missingFeatures(images, criu), []);
	// No processor has the extensions of Xeon Phi and of Bulldozer.
	editImage(image, 'cpuinfo', processor, ([entry]) => {
		const capabilities = entry?.x86?.[0]?.capabilities ?? [];
		capabilities[6] = (capabilities[6] ?? 0) | (1 << 16);
		capabilities[9] = ((capabilities[9] ?? 0) | (1 << 26)) >>> 0;
		// SMEP and SMAP are the kernel's own business.
		capabilities[9] = (capabilities[9] | (1 << 7) | (1 << 20)) >>> 0;
		return undefined;
	});
	t.deepEqual(await missingFeatures(images, criu), ['fma4', 'avx512pf']);
	t.deepEqual(fs.readdirSync(folder), ['images']);
});
