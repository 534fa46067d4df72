import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {searchDumped} from '../../../src/criu/memory/search.js';
import {temporaryFolder} from '../../support/compile.js';

test('bytes are found wherever they are, across pieces, too, and not as a part of others', async (t) => {
	const mebibyte = 1024 * 1024;
	const pages = Buffer.alloc(3 * mebibyte);
	const at = [10, mebibyte - 2, 2 * mebibyte, 3 * mebibyte - 4];
	for (const place of at) pages.write(':1.7', place);
	pages.write(':1.75', 500);
	const file = path.join(temporaryFolder(t), 'pages-1.img');
	fs.writeFileSync(file, pages);
	const range = {
		pid: 5,
		place: 'mem',
		start: 0x1000,
		bytes: pages.length,
		addressOffset: 0,
		pages: file,
		offset: 0,
	};
	const memory = {ranges: [range], bytes: pages.length, kernelAreas: []};
	const isNoDigit = (next: number) => next < 0x30 || next > 0x39;
	const found = await searchDumped(memory, Buffer.from(':1.7'), isNoDigit, () => {});
	t.deepEqual(
		found,
		at.map((place) => ({pid: 5, address: `0x${(0x1000 + place).toString(16)}`})),
	);
});
