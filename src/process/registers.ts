import {createHash} from 'node:crypto';

/** General registers in the order of the kernel's struct user_regs_struct, by CRIU's names. */
const generalNames: Partial<Record<NodeJS.Architecture, readonly string[]>> = {
	x64: (
		'r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip cs flags sp ss fs_base gs_base ' +
		'ds es fs gs'
	).split(' '),
	arm64: [...Array.from({length: 31}, (_, number) => `x${number}`), 'sp', 'pc', 'pstate'],
};

/** The general registers of a thread, hex by name; undefined on an architecture that is not known here. */
export function parseGeneralRegisters(
	set: Buffer,
	architecture: NodeJS.Architecture = process.arch,
): Record<string, string> | undefined {
	const names = generalNames[architecture];
	if (!names || set.length < names.length * 8) return undefined;
	return Object.fromEntries(
		names.map((name, index) => [name, `0x${set.readBigUInt64LE(index * 8).toString(16)}`]),
	);
}

/** As the kernel lays general registers out in a core file's NT_PRSTATUS; undefined where one is missing. */
export function packGeneralRegisters(
	registers: Readonly<Record<string, string>>,
	architecture: NodeJS.Architecture = process.arch,
): Buffer | undefined {
	const names = generalNames[architecture];
	if (!names?.every((name) => registers[name] !== undefined)) return undefined;
	const set = Buffer.alloc(names.length * 8);
	for (const [index, name] of names.entries()) {
		set.writeBigUInt64LE(BigInt.asUintN(64, BigInt(registers[name] ?? 0)), index * 8);
	}
	return set;
}

/** The first 64 bits of SHA-256: nobody tries to make two states collide. */
export function digest(bytes: Uint8Array): string {
	return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
