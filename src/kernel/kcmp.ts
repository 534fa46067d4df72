import {systemCall} from './library.js';

/** kcmp(2) is older than the common table of numbers. */
const KCMP = process.arch === 'arm64' ? 272 : 312;
const KCMP_FILE = 0;

/** Whether two of our descriptors are one open file description. @throws SystemCallError EBADF. */
export function isSameDescription(one: number, other: number): boolean {
	return systemCall('kcmp', KCMP, process.pid, process.pid, KCMP_FILE, one, other) === 0;
}
