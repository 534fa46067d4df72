// Writes src/process/syscall-names.ts from the kernel's own headers (package linux-libc-dev):
//   node scripts/make-syscall-names.mjs > src/process/syscall-names.ts
// Only numbers and names are taken. The headers of one machine may be older than the kernel that a user
// runs, so numbers above theirs are listed here; since Linux 5.1 they are the same on all architectures.
import {execFileSync} from 'node:child_process';

const newer = {
	451: 'cachestat',
	452: 'fchmodat2',
	453: 'map_shadow_stack',
	454: 'futex_wake',
	455: 'futex_wait',
	456: 'futex_requeue',
	457: 'statmount',
	458: 'listmount',
	459: 'lsm_get_self_attr',
	460: 'lsm_set_self_attr',
	461: 'lsm_list_modules',
	462: 'mseal',
	463: 'setxattrat',
	464: 'getxattrat',
	465: 'listxattrat',
	466: 'removexattrat',
	467: 'open_tree_attr',
	468: 'file_getattr',
	469: 'file_setattr',
};

/** Limits and ranges, not system calls. */
const notCalls = new Set(['__NR_syscalls', '__NR_arch_specific_syscall']);

/** What the preprocessor knows after including a header, evaluated: name → number. */
function namesOf(header, flags) {
	const text = execFileSync('gcc', [...flags, '-E', '-dM', '-include', header, '-x', 'c', '/dev/null'], {
		encoding: 'utf8',
	});
	const macros = new Map([...text.matchAll(/^#define (__NR\w*) (\S+)$/gm)].map((m) => [m[1], m[2]]));
	const names = new Map(Object.entries(newer).map(([number, name]) => [Number(number), name]));
	for (const [macro, first] of macros) {
		if (!macro.startsWith('__NR_') || notCalls.has(macro)) continue;
		let value = first;
		while (macros.has(value)) value = macros.get(value);
		if (/^\d+$/.test(value)) names.set(Number(value), macro.slice('__NR_'.length));
	}
	return [...names].sort(([a], [b]) => a - b);
}

/** Runs of consecutive numbers: [first number, 'name name name']. */
function runs(names) {
	const result = [];
	let last = Number.NaN;
	for (const [number, name] of names) {
		if (number === last + 1) result.at(-1)[1].push(name);
		else result.push([number, [name]]);
		last = number;
	}
	return result;
}

function wrap(words) {
	const lines = [''];
	for (const word of words) {
		if (lines.at(-1).length + word.length > 96) lines.push('');
		lines[lines.length - 1] += `${word} `;
	}
	return lines.map((line) => `\t\t${line.trimEnd()}`).join('\n');
}

function table(variable, comment, names) {
	const body = runs(names)
		.map(([first, words]) => `\t[\n\t\t${first},\n\t\t\`\n${wrap(words)}\n\t\t\`,\n\t],`)
		.join('\n');
	return `/** ${comment} */\nexport const ${variable}: readonly SyscallRun[] = [\n${body}\n];\n`;
}

// The generic table is what arm64 (and riscv64, loongarch64) uses; these are the parts that arm64 wants.
const generic = [
	'-D__BITS_PER_LONG=64',
	'-D__ARCH_WANT_NEW_STAT',
	'-D__ARCH_WANT_SET_GET_RLIMIT',
	'-D__ARCH_WANT_TIME32_SYSCALLS',
	'-D__ARCH_WANT_SYS_CLONE3',
	'-D__ARCH_WANT_RENAMEAT',
	'-D__ARCH_WANT_MEMFD_SECRET',
];

process.stdout.write(`// Made by scripts/make-syscall-names.mjs from the kernel's headers; do not edit.

/** Consecutive system calls: the number of the first one, then their names with white space between. */
export type SyscallRun = readonly [first: number, names: string];

${table('x86_64', 'asm/unistd_64.h', namesOf('asm/unistd_64.h', ['-m64']))}
${table('generic', 'asm-generic/unistd.h, as arm64 uses it.', namesOf('asm-generic/unistd.h', generic))}`);
