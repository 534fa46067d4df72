import fs from 'node:fs';
import os from 'node:os';
import type {MachineSnapshot} from '../context/model.js';
import {readNamespaces} from './namespaces.js';

let known: MachineSnapshot | undefined;

/** The machine that we run on. Nothing of it changes while we run. */
export function thisMachine(): MachineSnapshot {
	known ??= {
		bootId: firstLine('/proc/sys/kernel/random/boot_id'),
		machineId: firstLine('/etc/machine-id'),
		hostname: os.hostname(),
		kernel: os.release(),
		cpu: os.cpus()[0]?.model ?? '',
		namespaces: readNamespaces(process.pid) ?? {},
	};
	return known;
}

/** Empty where the file is missing, as /etc/machine-id is in some containers. */
function firstLine(file: string): string {
	try {
		return fs.readFileSync(file, 'utf8').split('\n')[0] ?? '';
	} catch {
		return '';
	}
}
