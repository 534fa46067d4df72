import type {ArchiveDefect} from '../../common/fault.js';

/** What is wrong with an archive; `unpack` makes a fault of it that names the file. */
export class BadArchive extends Error {
	constructor(
		readonly defect: ArchiveDefect,
		readonly entry = '',
	) {
		super(`${defect} ${entry}`);
	}
}
