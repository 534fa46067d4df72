import {closeFd} from './descriptor.js';
import {SystemCallError} from './errors.js';
import {addressOf, systemCall} from './library.js';

const openByHandleNumber = process.arch === 'arm64' ? 265 : 304;
/** O_PATH | O_CLOEXEC: nothing is opened but the name. */
const namedOnly = 0o10000000 | 0o2000000;

/**
 * Whether a file can be found by its handle (open_by_handle_at(2)): not every file system can, e.g. /proc, or an overlay
 * without `nfs_export`. Takes CAP_DAC_READ_SEARCH.
 * @param mount any open file of its file system.
 */
export function isFoundByHandle(mount: number, type: number, handle: Buffer): boolean {
	// struct file_handle {unsigned bytes; int type; unsigned char handle[]}
	const wanted = Buffer.alloc(8 + handle.length);
	wanted.writeUInt32LE(handle.length, 0);
	wanted.writeInt32LE(type, 4);
	handle.copy(wanted, 8);
	try {
		closeFd(systemCall('open_by_handle_at', openByHandleNumber, mount, addressOf(wanted), namedOnly));
		return true;
	} catch (error) {
		if (error instanceof SystemCallError) return false;
		throw error;
	}
}
