import {readFileSync} from 'node:fs';
import {readLimits} from '../../process/limits.js';
import {readNamespaces} from '../../process/namespaces.js';
import type {Capabilities} from './processes.js';

/** CAP_SYS_RESOURCE is bit 24 of the capability sets (linux/capability.h). */
const sysResourceBit = 24n;

/** What this process may do, and where it lives; the keeper, which runs criu, is a child and the same in both. */
export function ourCapabilities(): Capabilities {
	const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
	return {
		uid: process.getuid?.() ?? -1,
		gid: process.getgid?.() ?? -1,
		sysResource: ((BigInt(`0x${effective}`) >> sysResourceBit) & 1n) === 1n,
		namespaces: readNamespaces(process.pid) ?? {},
		limits: readLimits(process.pid) ?? {},
	};
}
