import test from 'ava';
import {avx512Place, parseXsave, vectorDigests} from '../../src/process/vectors.js';

const cpuinfo = (vendor: string, flags: string) =>
	`processor\t: 0\nvendor_id\t: ${vendor}\nflags\t\t: fpu ${flags} pku\n`;

test('where AVX-512 is kept depends on who made the processor', (t) => {
	t.is(avx512Place(cpuinfo('AuthenticAMD', 'avx2 avx512f')), 832);
	t.is(avx512Place(cpuinfo('GenuineIntel', 'avx2 avx512f avx512dq')), 1088);
	t.is(avx512Place(cpuinfo('GenuineIntel', 'avx2')), undefined);
	t.is(avx512Place(cpuinfo('HygonGenuine', 'avx512f')), undefined);
	t.is(avx512Place(''), undefined);
});

test('a bit of each part changes its digest and no other', (t) => {
	const area = Buffer.alloc(2440);
	const before = vectorDigests(parseXsave(area, 832) ?? {x87: area, sse: area});
	t.deepEqual(Object.keys(before), ['x87', 'sse', 'avx', 'avx512']);
	for (const [at, part] of [
		[0, 'x87'],
		[32, 'x87'],
		[24, 'sse'],
		[415, 'sse'],
		[576, 'avx'],
		[831, 'avx'],
		[832, 'avx512'],
		[2431, 'avx512'],
	] as const) {
		const changed = Buffer.from(area);
		changed[at] = 1;
		const after = vectorDigests(parseXsave(changed, 832) ?? {x87: area, sse: area});
		t.deepEqual(
			Object.keys(before).filter((name) => before[name] !== after[name]),
			[part],
			`byte ${at}`,
		);
	}
});

test('what a processor does not have, and what is no such area, is left out', (t) => {
	t.deepEqual(Object.keys(parseXsave(Buffer.alloc(832), undefined) ?? {}), ['x87', 'sse', 'avx']);
	t.deepEqual(Object.keys(parseXsave(Buffer.alloc(832), 832) ?? {}), ['x87', 'sse', 'avx']);
	t.deepEqual(Object.keys(parseXsave(Buffer.alloc(576), 832) ?? {}), ['x87', 'sse']);
	t.is(parseXsave(Buffer.alloc(100)), undefined);
});
