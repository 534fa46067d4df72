import {generic, type SyscallRun, x86_64} from './syscall-names.js';

const tables: Partial<Record<NodeJS.Architecture, readonly SyscallRun[]>> = {
	x64: x86_64,
	arm64: generic,
	riscv64: generic,
	loong64: generic,
};

const expanded = new Map<NodeJS.Architecture, ReadonlyMap<number, string>>();

function namesOf(architecture: NodeJS.Architecture): ReadonlyMap<number, string> {
	let names = expanded.get(architecture);
	if (!names) {
		const runs = tables[architecture] ?? [];
		names = new Map(
			runs.flatMap(([first, words]) =>
				words
					.trim()
					.split(/\s+/)
					.map((name, index): [number, string] => [first + index, name]),
			),
		);
		expanded.set(architecture, names);
	}
	return names;
}

/** The name of a system call of a native (64-bit) program; `syscall_N` for one that the table lacks. */
export function syscallName(number: number, architecture: NodeJS.Architecture = process.arch): string {
	return namesOf(architecture).get(number) ?? `syscall_${number}`;
}
