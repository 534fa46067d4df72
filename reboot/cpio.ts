/** A file of an initial file system; a folder where there is no data. */
export interface File {
	/** Without a first slash. */
	path: string;
	data?: Buffer;
}

/** S_IFDIR and S_IFREG with the rights of programs. */
const modes = {folder: 0o40755, file: 0o100755};

/** An archive as the kernel unpacks it (`newc`, Documentation/driver-api/early-userspace/buffer-format.rst). */
export function cpio(files: readonly File[]): Buffer {
	const entries = files.map(({path, data}, index) =>
		entry(path, data ?? Buffer.alloc(0), data ? modes.file : modes.folder, index + 1),
	);
	return Buffer.concat([...entries, entry('TRAILER!!!', Buffer.alloc(0), 0, 0)]);
}

function entry(path: string, data: Buffer, mode: number, inode: number): Buffer {
	const name = Buffer.from(`${path}\0`);
	// ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
	const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length, 0];
	const head = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
	return Buffer.concat([padded(Buffer.concat([Buffer.from(head), name])), padded(data)]);
}

/** Names and contents end at multiples of four bytes. */
function padded(bytes: Buffer): Buffer {
	return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
