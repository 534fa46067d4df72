import type {MapSnapshot} from '../../context/model.js';
import {joinMaps, type PlainMap} from '../../process/map-snapshot.js';
import {describeFd, type FileTables} from './descriptors.js';
import type {Decoded} from './protobuf.js';
import {type mm, vmaStatus} from './schema.js';

/** MAP_SHARED of mmap(2). */
const shared = 1;

/** The mappings that the image has, in the words of /proc/PID/maps. */
export function mapsOf(entry: Decoded<typeof mm>, tables: FileTables): MapSnapshot[] {
	return joinMaps(plainMaps(entry, tables));
}

/** One by one, as CRIU wrote them. */
export function plainMaps(entry: Decoded<typeof mm>, tables: FileTables): PlainMap[] {
	return entry.maps
		.filter(({status = 0}) => (status & vmaStatus.guard) === 0)
		.map((vma) => {
			const {status = 0, protection = 0, flags = 0} = vma;
			const [start, end] = [Number(vma.start ?? 0n), Number(vma.end ?? 0n)];
			const isStack =
				BigInt(entry.startStack ?? 0n) >= (vma.start ?? 0n) && (entry.startStack ?? 0n) < (vma.end ?? 0n);
			const path = pathOf(vma, tables) ?? (isStack ? '[stack]' : '');
			const letter = (bit: number, name: string) => ((protection & bit) === 0 ? '-' : name);
			return {
				start,
				end,
				permissions: `${letter(1, 'r')}${letter(2, 'w')}${letter(4, 'x')}${(flags & shared) === 0 ? 'p' : 's'}`,
				path,
				...(path.startsWith('/') && (status & vmaStatus.sharedAnonymous) === 0
					? {offset: Number(vma.offset ?? 0n)}
					: {}),
			};
		});
}

function pathOf(vma: Decoded<typeof mm>['maps'][number], tables: FileTables): string | undefined {
	const {status = 0} = vma;
	if ((status & vmaStatus.vsyscall) !== 0) return '[vsyscall]';
	if ((status & vmaStatus.vdso) !== 0) return '[vdso]';
	if ((status & vmaStatus.vvar) !== 0) return '[vvar]';
	if ((status & vmaStatus.heap) !== 0) return '[heap]';
	if ((status & (vmaStatus.privateFile | vmaStatus.sharedFile | vmaStatus.memfd)) !== 0) {
		return describeFd({id: 0, flags: 0, type: 0, fd: 0}, tables.files.get(Number(vma.sharedId ?? 0n)), tables)
			.target;
	}
	// What the kernel calls shared memory without a file.
	return (status & vmaStatus.sharedAnonymous) === 0 ? undefined : '/dev/zero (deleted)';
}
