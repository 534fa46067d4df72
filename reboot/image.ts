import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {deviceCriu} from '../scripts/device/criu.mjs';
import {guestKernel} from '../scripts/device/kernel.mjs';
import {debianRoot} from '../scripts/device/root.mjs';
import {messages} from '../scripts/messages.mjs';
import {root as checkout} from '../scripts/setup/places.mjs';
import {step} from '../scripts/setup/report.mjs';
import {demoPolicies} from '../test/support/device/policies.js';
import {cpio, type File} from './cpio.js';

/** What a guest boots from. */
export interface Image {
	kernel: string;
	initramfs: string;
	/** An ext4 file system with everything; machines write to copies of it. */
	disk: string;
}

/** kmod loads modules, iproute2 brings the loopback up; the rest are the demo services' libraries. */
const packages = ['dbus', 'iproute2', 'kmod', 'libglib2.0-0', 'libsystemd0'];

/** Modules that lead to the root disk; those that are built in are no files. */
const bootModules = ['virtio_pci', 'virtio_blk', 'ext4'];

/** Of the disk, sparse; what is in it has half. */
const diskSize = '1200M';

/** Makes all that in `folder`, in some twenty seconds when the root and the kernel are in the cache. */
export async function makeImage(folder: string): Promise<Image> {
	const root = await debianRoot({packages});
	const kernel = await guestKernel();
	const criu = await deviceCriu();
	return step(messages.steps.image, async () => assemble(folder, root, kernel, criu));
}

function assemble(
	folder: string,
	root: string,
	kernel: Awaited<ReturnType<typeof guestKernel>>,
	criu: string,
): Image {
	const upper = path.join(folder, 'upper');
	const modules = path.join(upper, 'usr/lib/modules', kernel.version);
	copy(kernel.modules, modules);
	installProgram(upper);
	copy(criu, path.join(upper, criu));
	for (const [file, text] of Object.entries(demoPolicies()))
		write(path.join(upper, 'etc/dbus-1/system.d', file), text);
	write(path.join(upper, 'etc/hostname'), 'guest\n');
	const disk = path.join(folder, 'disk.ext4');
	const script = `set -e
		mkdir "$1/merged" "$1/work"
		mount -t overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" overlay "$1/merged"
		chroot "$1/merged" depmod "$3"
		truncate -s ${diskSize} "$1/disk.ext4"
		mke2fs -q -t ext4 -d "$1/merged" "$1/disk.ext4"`;
	const argv = [
		'--mount',
		'--propagation',
		'private',
		'sh',
		'-c',
		script,
		'sh',
		folder,
		root,
		kernel.version,
	];
	execFileSync('unshare', argv, {stdio: ['ignore', 'inherit', 'inherit']});
	const initramfs = path.join(folder, 'initramfs');
	fs.writeFileSync(initramfs, cpio([...skeleton(folder), ...moduleFiles(modules)]));
	fs.rmSync(upper, {recursive: true});
	return {kernel: kernel.image, initramfs, disk};
}

/** What a user of the package has, the demo services and the guest's own script; and Node. */
function installProgram(upper: string): void {
	const there = path.join(upper, 'opt/dbusfreeze-tui');
	for (const name of ['dist', 'data', 'fixtures', 'reboot', 'package.json'])
		copy(path.join(checkout, name), path.join(there, name));
	for (const name of productionPackages()) copy(path.join(checkout, name), path.join(there, name));
	copy(process.execPath, path.join(upper, 'usr/local/bin/node'));
}

/** Folders of the packages that are no development packages, from the lock file. */
function productionPackages(): string[] {
	const lock = JSON.parse(fs.readFileSync(path.join(checkout, 'package-lock.json'), 'utf8')) as {
		packages: Record<string, {dev?: boolean}>;
	};
	return Object.entries(lock.packages)
		.filter(([name, {dev}]) => name !== '' && !dev && !/node_modules\/.*node_modules\//.test(name))
		.map(([name]) => name)
		.filter((name) => fs.existsSync(path.join(checkout, name)));
}

function skeleton(folder: string): File[] {
	const init = path.join(folder, 'init');
	const source = path.join(import.meta.dirname, 'init.c');
	execFileSync('cc', ['-static', '-Os', '-o', init, source], {stdio: 'inherit'});
	return [{path: 'dev'}, {path: 'new'}, {path: 'modules'}, {path: 'init', data: fs.readFileSync(init)}];
}

/** What the boot modules need comes before them; numbers keep the order. */
function moduleFiles(modules: string): File[] {
	const built = fs.readFileSync(path.join(modules, 'modules.builtin'), 'utf8');
	const order = new Map<string, string>();
	const all = (fs.readdirSync(modules, {recursive: true}) as string[]).filter((file) =>
		/\.ko(\.xz)?$/.test(file),
	);
	const nameOf = (file: string) =>
		path
			.basename(file)
			.replace(/\.ko(\.xz)?$/, '')
			.replaceAll('-', '_');
	const files = new Map(all.map((file) => [nameOf(file), path.join(modules, file)]));
	const add = (name: string): void => {
		const file = files.get(name);
		if (file === undefined || order.has(name)) return;
		const data = contentOf(file);
		for (const needed of dependenciesOf(data)) add(needed);
		order.set(name, file);
	};
	for (const name of bootModules) {
		if (!files.has(name) && !built.includes(`/${name}.ko`)) throw new Error(`this kernel has no ${name}`);
		add(name);
	}
	return [...order.values()].map((file, index) => ({
		path: `modules/${String(index).padStart(2, '0')}-${path.basename(file).replace(/\.xz$/, '')}`,
		data: contentOf(file),
	}));
}

/** The `depends=` of its .modinfo. */
function dependenciesOf(module: Buffer): string[] {
	const [, list = ''] = /\0depends=([\w,-]*)\0/.exec(module.toString('latin1')) ?? [];
	return list
		.split(',')
		.filter(Boolean)
		.map((name) => name.replaceAll('-', '_'));
}

function contentOf(file: string): Buffer {
	return file.endsWith('.xz')
		? execFileSync('xz', ['-dc', file], {maxBuffer: 64 << 20})
		: fs.readFileSync(file);
}

function copy(from: string, to: string): void {
	fs.mkdirSync(path.dirname(to), {recursive: true});
	fs.cpSync(from, to, {recursive: true, verbatimSymlinks: true});
}

function write(file: string, text: string): void {
	fs.mkdirSync(path.dirname(file), {recursive: true});
	fs.writeFileSync(file, text);
}
