import {closeSync, openSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {readElf} from '../../src/process/elf.js';
import {readSymbols, symbolAt} from '../../src/process/symbols.js';
import {compile, temporaryFolder} from '../support/compile.js';

test('broken ELF files lead to no symbols, never to a failure', (t) => {
	const whole = readFileSync(compile(t, 'test/process/programs/blocked.c'));
	const path = join(temporaryFolder(t), 'broken');
	const look = (content: Buffer) => {
		writeFileSync(path, content);
		const fd = openSync(path, 'r');
		try {
			const elf = readElf(fd);
			return elf && symbolAt(fd, readSymbols(fd, elf), 0x1200);
		} finally {
			closeSync(fd);
		}
	};
	t.notThrows(() => look(whole));
	for (const length of [0, 4, 63, 64, 100, 1000, whole.length >> 1, whole.length - 100]) {
		t.notThrows(() => look(whole.subarray(0, length)), `cut at ${length}`);
	}
	// The headers, the program headers and notes behind them, and the section headers.
	const sections = Number(whole.readBigUInt64LE(40));
	const places = [
		...Array(1200).keys(),
		...Array.from({length: whole.length - sections}, (_, i) => sections + i),
	];
	for (const place of places) {
		const broken = Buffer.from(whole);
		broken[place] = 0xff;
		try {
			look(broken);
		} catch (error) {
			t.fail(`byte ${place}: ${error}`);
		}
	}
});
