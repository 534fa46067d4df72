import {readSingle} from './container.js';
import {processor} from './schema.js';

/** The image that a dump with `--cpu-cap=cpu`, and `criu cpuinfo dump`, write. */
export const cpuImage = 'cpuinfo.img';

/**
 * CPUID words as CRIU orders them (compel/arch/x86/…/asm/cpu.h, part of its image format) → bit → the name that
 * /proc/cpuinfo has for it. Only what a program can use by itself, and what the FPU's saved state is made of:
 * whether the kernel has SMEP is nothing that a program could miss. Left out are instructions that other processors
 * take for no-ops (HLE, MPX, prefetches). CRIU does not read CPUID 7.1 (avx_vnni, avx512_bf16).
 */
const words: Record<number, Record<number, string>> = {
	// CPUID 1, EDX
	0: {0: 'fpu', 4: 'tsc', 8: 'cx8', 15: 'cmov', 19: 'clflush', 23: 'mmx', 24: 'fxsr', 25: 'sse', 26: 'sse2'},
	// CPUID 8000_0001, EDX
	1: {11: 'syscall', 22: 'mmxext', 27: 'rdtscp', 29: 'lm', 30: '3dnowext', 31: '3dnow'},
	// CPUID 1, ECX
	4: {
		0: 'pni',
		1: 'pclmulqdq',
		9: 'ssse3',
		12: 'fma',
		13: 'cx16',
		19: 'sse4_1',
		20: 'sse4_2',
		22: 'movbe',
		23: 'popcnt',
		25: 'aes',
		26: 'xsave',
		28: 'avx',
		29: 'f16c',
		30: 'rdrand',
	},
	// CPUID 8000_0001, ECX
	6: {
		0: 'lahf_lm',
		5: 'abm',
		6: 'sse4a',
		11: 'xop',
		16: 'fma4',
		21: 'tbm',
	},
	// CPUID 7.0, EBX
	9: {
		0: 'fsgsbase',
		3: 'bmi1',
		5: 'avx2',
		8: 'bmi2',
		11: 'rtm',
		16: 'avx512f',
		17: 'avx512dq',
		18: 'rdseed',
		19: 'adx',
		21: 'avx512ifma',
		23: 'clflushopt',
		24: 'clwb',
		26: 'avx512pf',
		27: 'avx512er',
		28: 'avx512cd',
		29: 'sha_ni',
		30: 'avx512bw',
		31: 'avx512vl',
	},
	// CPUID D.1, EAX
	10: {0: 'xsaveopt', 1: 'xsavec', 2: 'xgetbv1'},
	// CPUID 7.0, ECX
	11: {
		1: 'avx512vbmi',
		3: 'pku',
		5: 'waitpkg',
		6: 'avx512_vbmi2',
		8: 'gfni',
		9: 'vaes',
		10: 'vpclmulqdq',
		11: 'avx512_vnni',
		12: 'avx512_bitalg',
		14: 'avx512_vpopcntdq',
		22: 'rdpid',
		27: 'movdiri',
		28: 'movdir64b',
	},
	// CPUID 7.0, EDX
	18: {
		2: 'avx512_4vnniw',
		3: 'avx512_4fmaps',
		8: 'avx512_vp2intersect',
		14: 'serialize',
		22: 'amx_bf16',
		23: 'avx512_fp16',
		24: 'amx_tile',
		25: 'amx_int8',
	},
};

/**
 * The features of the processor in a `cpuinfo.img`, by their names in /proc/cpuinfo; undefined for a kind of processor
 * that is not described like this.
 * @throws Fault `bad-image`.
 */
export async function featuresInImage(path: string): Promise<Set<string> | undefined> {
	const {x86} = await readSingle(path, 'cpuinfo', processor);
	const capabilities = x86?.[0]?.capabilities;
	if (!capabilities) return undefined;
	const features = new Set<string>();
	for (const [word, bits] of Object.entries(words)) {
		const value = capabilities[Number(word)] ?? 0;
		for (const [bit, name] of Object.entries(bits)) if ((value >>> Number(bit)) & 1) features.add(name);
	}
	return features;
}
