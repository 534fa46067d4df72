import {join} from 'node:path';
import type {Snapshot} from '../../context/model.js';
import type {Unwindable} from '../../process/backtraces.js';
import {fileMappings} from '../../process/live-core.js';
import {packGeneralRegisters} from '../../process/registers.js';
import {stackRange} from '../../process/stacks.js';
import {readSingle} from './container.js';
import {ImageMemory} from './memory.js';
import type {Decoded} from './protobuf.js';
import {mm} from './schema.js';

/**
 * What the images have of each process's stacks, as a core file is made of it; zombies are left out.
 * @param image the snapshot of the same images.
 * @throws Fault `bad-image`.
 */
export async function imageCores(imageDir: string, image: Snapshot): Promise<Unwindable[]> {
	const cores: Unwindable[] = [];
	for (const process of image.processes) {
		if (process.maps === undefined) continue;
		const layout = await readSingle(join(imageDir, `mm-${process.pid}.img`), 'mm', mm);
		const memory = await ImageMemory.open(imageDir, process.pid);
		if (memory === undefined) continue;
		try {
			cores.push(coreOf(process, layout, memory));
		} finally {
			memory.close();
		}
	}
	return cores;
}

function coreOf(
	process: Snapshot['processes'][number],
	layout: Decoded<typeof mm>,
	memory: ImageMemory,
): Unwindable {
	const threads: Unwindable['core']['threads'][number][] = [];
	const pieces: Unwindable['core']['pieces'][number][] = [];
	for (const {tid, registers, sp} of process.threads) {
		const packed = registers && packGeneralRegisters(registers);
		if (!packed || sp === undefined) continue;
		threads.push({tid, registers: packed});
		const map = layout.maps.find(({start = 0n, end = 0n}) => start <= BigInt(sp) && BigInt(sp) < end);
		if (!map) continue;
		const {address, length} = stackRange(Number(map.start), Number(map.end), Number(sp));
		pieces.push({address, bytes: memory.read(address, length)});
	}
	const auxiliaryVector = Buffer.alloc(layout.auxiliaryVector.length * 8);
	for (const [index, word] of layout.auxiliaryVector.entries()) {
		auxiliaryVector.writeBigUInt64LE(word, index * 8);
	}
	const {pid, exe} = process;
	return {exe, core: {pid, threads, auxiliaryVector, mappings: fileMappings(process), pieces}};
}
