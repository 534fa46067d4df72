import fs from 'node:fs';
import zlib from 'node:zlib';
import test, {type ExecutionContext} from 'ava';
import type {Fault} from '../../../src/common/fault.js';
import {
	archiveOf,
	type Entry,
	goodEntries,
	goodFiles,
	indexEntry,
	manifest,
	sumsOf,
	tarOf,
	unpacking,
} from './parcels.js';

async function refused(t: ExecutionContext, archive: Buffer, what: string): Promise<Fault['params']> {
	const {fault, left} = await unpacking(t, archive);
	t.truthy(fault, `${what} was taken`);
	t.deepEqual(left, [], 'nothing of it is left');
	return fault?.params ?? {};
}

async function refusedFor(t: ExecutionContext, defect: string, archive: Buffer, what = defect) {
	const params = (await refused(t, archive, what)) as {defect?: string};
	t.is(params.defect, defect, what);
}

/** The good archive with something put in at a place, and checksums that fit. */
async function with_(entry: Entry, at = 2): Promise<Buffer> {
	const entries = goodEntries();
	entries.splice(at, 0, entry);
	return archiveOf([...entries, sumsOf(entries)]);
}

/** An archive whose index itself names the file: only the name or the header can be wrong. */
async function naming(name: string, header: Partial<Entry> = {}): Promise<Buffer> {
	const entries: Entry[] = goodEntries({...goodFiles, [name]: 'x'});
	Object.assign(entries.at(-1) as Entry, header);
	return archiveOf([...entries, sumsOf(entries)]);
}

test('the archive that all of these are made from is taken', async (t) => {
	const entries = goodEntries();
	const {fault, checkpoint, left} = await unpacking(t, await archiveOf([...entries, sumsOf(entries)]));
	t.is(fault, undefined);
	t.is(checkpoint?.readManifest().target.comm, 'c');
	t.is(left.length, 3, 'its two files and where it comes from');
});

test('paths that lead out, or that a terminal or a system reads as special, are refused', async (t) => {
	for (const name of [
		'../evil',
		'images/../../evil',
		'/etc/evil',
		'//evil',
		'./evil',
		'images//evil',
		'images/',
		'.hidden',
		'images/.hidden',
		'a\\b',
		'C:evil',
		'a b',
		'a\u001b[31m',
		'a\nb',
		'\u202eevil',
		'-rf/../x',
		'a/b/c/d/e/f',
		'x'.repeat(300),
	]) {
		await refusedFor(t, 'name', await naming(name), JSON.stringify(name));
		await refusedFor(t, 'name', await with_({name}), `${JSON.stringify(name)} in the archive only`);
	}
	t.false(fs.existsSync('/etc/evil'));
});

test('an index that hides a path in its list only is refused, too', async (t) => {
	const index = indexEntry({files: [{path: '../evil', size: 1}], bytes: 1});
	await refusedFor(t, 'name', await archiveOf([index, {name: 'evil', content: 'x'}]));
});

test('links, hard links, folders, devices and FIFOs are refused', async (t) => {
	for (const type of [
		'symlink',
		'link',
		'directory',
		'character-device',
		'block-device',
		'fifo',
		'contiguous-file',
	] as const) {
		const header = {type, linkname: '/etc/passwd', content: '', devmajor: 1, devminor: 3};
		await refusedFor(t, 'type', await naming('images/x.img', header), type);
	}
});

test('owners and rights other than none are refused', async (t) => {
	await refusedFor(t, 'owner', await naming('images/x.img', {uid: 1000}));
	await refusedFor(t, 'owner', await naming('images/x.img', {gid: 4}));
	for (const mode of [0o644, 0o4600, 0o2600, 0o700, 0o666])
		await refusedFor(t, 'mode', await naming('images/x.img', {mode}), mode.toString(8));
});

test('names that come twice, that nobody announced, or in another order are refused', async (t) => {
	const file = {name: 'images/inventory.img', content: 'inventory'};
	await refusedFor(t, 'duplicate', await with_(file, 3));
	await refusedFor(t, 'duplicate', await with_(goodEntries()[0] as Entry, 1));
	await refusedFor(t, 'unlisted', await with_({name: 'images/more.img', content: 'x'}));
	await refusedFor(t, 'unlisted', await with_({name: 'images/more.img', content: 'x'}, 3));
	const entries = goodEntries();
	const after = [...entries, sumsOf(entries), {name: 'images/more.img', content: 'x'}];
	await refusedFor(t, 'unlisted', await archiveOf(after), 'after the checksums');
	const [index, first, second] = entries as [Entry, Entry, Entry];
	await refusedFor(t, 'unlisted', await archiveOf([index, second, first, sumsOf(entries)]), 'order');
	await refusedFor(t, 'missing', await archiveOf([index, first, sumsOf([index, first])]));
});

test('unknown versions and foreign indexes are refused', async (t) => {
	await refusedFor(t, 'version', await archiveOf([indexEntry({version: 2, files: [], bytes: 0})]));
	await refusedFor(t, 'version', await archiveOf([indexEntry({version: undefined, files: [], bytes: 0})]));
	for (const changes of [
		{format: 'something', files: [], bytes: 0},
		{files: 'many', bytes: 0},
		{files: [{path: 'a', size: -1}], bytes: -1},
		{files: [{path: 'a', size: 0.5}], bytes: 0.5},
		{files: [{path: 'a', size: 2 ** 60}], bytes: 2 ** 60},
		{id: '../../x', files: [], bytes: 0},
		{name: 'x'.repeat(300), files: [], bytes: 0},
	])
		await refusedFor(t, 'index', await archiveOf([indexEntry(changes)]), JSON.stringify(changes));
	await refusedFor(t, 'index', await archiveOf([{name: 'dbusfreeze.json', content: '{'}]));
	await refusedFor(t, 'index', await archiveOf([{name: 'dbusfreeze.json', content: 'null'}]));
	await refusedFor(t, 'index', await archiveOf([{name: 'other.json', content: '{}'}]));
	await refusedFor(t, 'truncated', zlib.zstdCompressSync(Buffer.alloc(10_240)), 'an empty tar');
	for (const bytes of ['', 'short', 'PK\u0003\u0004 some zip', '\u001f\u008b gzip'])
		await refusedFor(t, 'format', Buffer.from(bytes, 'latin1'), bytes);
	await refusedFor(t, 'format', zlib.zstdCompressSync(Buffer.from('no tar'.repeat(500))), 'no tar');
});

test('checksums that do not fit, miss or abound are refused', async (t) => {
	const entries = goodEntries();
	const sums = sumsOf(entries);
	const lines = String(sums.content).trimEnd().split('\n');
	for (const content of [
		`${lines.slice(1).join('\n')}\n`,
		`${[...lines, lines[0]].join('\n')}\n`,
		String(sums.content).replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
		`${'0'.repeat(64)}  /etc/passwd\n${sums.content}`,
		'',
		'nonsense',
	])
		await refusedFor(t, 'checksum', await archiveOf([...entries, {...sums, content}]), content);
	const changed = entries.map((one) =>
		one.name === 'images/inventory.img' ? {...one, content: 'INVENTORY'} : one,
	);
	await refusedFor(t, 'checksum', await archiveOf([...changed, sums]), 'a changed file');
});

test('sizes that lie are refused', async (t) => {
	const entries = goodEntries();
	const longer = entries.map((one, i) => (i === 2 ? {...one, content: 'inventory and more'} : one));
	await refusedFor(t, 'size', await archiveOf([...longer, sumsOf(longer)]));
	const sum = indexEntry({files: [{path: 'manifest.json', size: 5}], bytes: 4});
	await refusedFor(t, 'size', await archiveOf([sum]));
});

test('bombs are refused before they fill disk or memory', async (t) => {
	const declared = indexEntry({files: [{path: 'manifest.json', size: 2 ** 50}], bytes: 2 ** 50});
	const {needed, free} = (await refused(t, await archiveOf([declared]), 'a petabyte')) as {
		needed: number;
		free: number;
	};
	t.is(needed, 2 ** 50);
	t.true(free > 0 && free < needed);
	const entries = goodEntries();
	const good = [...entries, sumsOf(entries)];
	const zeros = Buffer.alloc(60 * 1024 * 1024);
	const small = await archiveOf(good, zeros);
	t.true(small.length < 10_000, 'ten kilobytes that become sixty megabytes');
	await refusedFor(t, 'bomb', small, 'endless padding');
	await refusedFor(t, 'bomb', zlib.zstdCompressSync(zeros), 'zeros only');
	const [index, ...rest] = good as [Entry, ...Entry[]];
	const comment = Buffer.concat([await tarOf([{name: 'x', pax: {comment: 'x'.repeat(3_000_000)}}])]);
	const header = comment.subarray(0, comment.length - 1024 - 512);
	const paxes = [...Array(15)].map(() => header);
	const before = (await tarOf([index])).subarray(0, -1024);
	const many = Buffer.concat([before, ...paxes, await tarOf(rest)]);
	await refusedFor(t, 'bomb', zlib.zstdCompressSync(many), 'endless extended headers');
	const big = Buffer.concat([before, hugeHeader(header), zeros]);
	const params = (await refused(t, zlib.zstdCompressSync(big), 'one huge header')) as {defect: string};
	t.true(['bomb', 'damaged'].includes(params.defect), params.defect);
});

/** The extended header's own size becomes a gigabyte, with a checksum that fits. */
function hugeHeader(extended: Buffer): Buffer {
	const header = Buffer.from(extended.subarray(0, 512));
	header.write('10000000000\0', 124, 'latin1');
	header.fill(' ', 148, 156);
	const sum = header.reduce((total, byte) => total + byte, 0);
	header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
	return header;
}

test('an archive that ends too early, or with one bit changed, is refused wherever that is', async (t) => {
	const entries = goodEntries({...goodFiles, 'images/pages-1.img': 'page '.repeat(20_000) + Math.random()});
	const archive = await archiveOf([...entries, sumsOf(entries)]);
	const step = Math.ceil(archive.length / 25);
	for (let at = 0; at < archive.length; at += step) {
		const cut = (await refused(t, archive.subarray(0, at), `cut at ${at}`)) as {defect: string};
		t.true(['truncated', 'format'].includes(cut.defect), `cut at ${at}: ${cut.defect}`);
		const flipped = Buffer.from(archive);
		flipped[at] = (flipped[at] ?? 0) ^ 0x10;
		const {fault, checkpoint, left} = await unpacking(t, flipped);
		// Some bits of a zstd header mean nothing; then all must be as it was packed.
		if (fault) t.is(fault.code, 'bad-archive', `bit at ${at}`);
		else t.is(checkpoint?.readManifest().target.comm, 'c');
		if (fault) t.deepEqual(left, []);
	}
	await refusedFor(t, 'truncated', archive.subarray(0, -1));
	await refusedFor(t, 'damaged', Buffer.concat([archive, Buffer.from('more')]), 'something behind it');
	const params = {[zlib.constants.ZSTD_c_checksumFlag]: 1};
	const summed = zlib.zstdCompressSync(zlib.zstdDecompressSync(archive), {params});
	for (const cut of [1, 2, 3])
		await refusedFor(t, 'truncated', summed.subarray(0, -cut), `cut ${cut} before its end`);
});

test('a whole archive that is no checkpoint is refused', async (t) => {
	for (const text of ['{}', '{', JSON.stringify({...manifest, version: 99})]) {
		const entries = goodEntries({...goodFiles, 'manifest.json': text});
		await refusedFor(t, 'manifest', await archiveOf([...entries, sumsOf(entries)]), text);
	}
	const without = goodEntries({'images/inventory.img': 'inventory'});
	await refusedFor(t, 'manifest', await archiveOf([...without, sumsOf(without)]));
});
