import {z} from 'zod';
import type {Compared, DifferentRange, MemoryReport} from '../criu/memory/report.js';
import type {Difference, Verdict} from './model.js';

const range: z.ZodType<DifferentRange> = z.object({
	pid: z.number().int(),
	start: z.string(),
	bytes: z.number(),
	what: z.enum(['changed', 'missing', 'unreadable']),
	map: z.exactOptional(z.object({path: z.string(), permissions: z.string(), offset: z.string()})),
});
const compared: z.ZodType<Compared> = z.object({
	bytes: z.number(),
	equalBytes: z.number(),
	kernelBytes: z.number(),
	different: z.array(range),
	more: z.number(),
});
const report: z.ZodType<MemoryReport> = z.object({
	version: z.literal(1),
	moment: z.enum(['post-dump', 'pre-resume']),
	dumped: compared,
	original: z.exactOptional(compared),
	ms: z.number(),
});

/** A report as it was read from a file, or undefined when it is none. */
export function checkMemoryReport(document: unknown): MemoryReport | undefined {
	const result = report.safeParse(document);
	return result.success ? result.data : undefined;
}

/** The verdict with what the comparison of the restored memory found; the same verdict when there was none. */
export function withMemory(verdict: Verdict, memory: MemoryReport | undefined): Verdict {
	if (memory === undefined) return verdict;
	const differences = [...verdict.differences, ...memoryDifferences(memory)];
	return {preserved: differences.every((difference) => difference.class === 'expected'), differences};
}

/** Each range that differs, as a difference with its class and reason. */
export function memoryDifferences({dumped, original}: MemoryReport): Difference[] {
	return [
		...dumped.different.map((one) => ofRange(one, 'memory-changed')),
		// Whole pages: those with a byte that is known already say nothing more.
		...(original?.different ?? [])
			.filter((page) => !dumped.different.some((one) => overlap(one, page)))
			.map((one) => ofRange(one, 'page-changed')),
		...[dumped, original].flatMap((part) => (part && part.more > 0 ? [beyond(part.more)] : [])),
		...(dumped.kernelBytes > 0 ? [ofKernel(dumped.kernelBytes)] : []),
	];
}

function ofRange(
	{pid, start, bytes, what, map}: DifferentRange,
	changed: 'memory-changed' | 'page-changed',
): Difference {
	const place = map === undefined ? start : `${map.path || '[anonymous]'}+${map.offset}`;
	const differs = {
		path: `processes/${pid}/memory/${start}`,
		before: place,
		after: what === 'missing' ? null : place,
		params: {bytes, place},
	};
	switch (what) {
		case 'changed':
			return {...differs, class: 'broken', reason: changed};
		case 'missing':
			return {...differs, class: 'broken', reason: 'memory-missing'};
		case 'unreadable':
			return {...differs, class: 'expected', reason: 'memory-unreadable'};
	}
}

function overlap(one: DifferentRange, other: DifferentRange): boolean {
	const [start, otherStart] = [Number(one.start), Number(other.start)];
	return one.pid === other.pid && start < otherStart + other.bytes && otherStart < start + one.bytes;
}

const beyond = (ranges: number): Difference => ({
	path: 'memory',
	before: 0,
	after: ranges,
	class: 'broken',
	reason: 'memory-more',
	params: {ranges},
});

const ofKernel = (bytes: number): Difference => ({
	path: 'memory/kernel',
	before: 0,
	after: bytes,
	class: 'expected',
	reason: 'memory-kernel',
	params: {bytes},
});
