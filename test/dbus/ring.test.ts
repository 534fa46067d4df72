import test from 'ava';
import {MessageRing} from '../../src/dbus/ring.js';

/** Distinct slabs that the ring keeps in memory. */
function slabBytes(ring: MessageRing): number {
	const slabs = new Set<ArrayBufferLike>();
	for (let index = ring.first; index < ring.end; index++) {
		const bytes = ring.get(index)?.bytes;
		if (bytes !== undefined) slabs.add(bytes.buffer);
	}
	return [...slabs].reduce((sum, {byteLength}) => sum + byteLength, 0);
}

test('the newest messages stay, within both limits', (t) => {
	const ring = new MessageRing({messages: 10, bytes: 100});
	const slab = Buffer.allocUnsafeSlow(1024);
	for (let index = 0; index < 25; index++) t.is(ring.add(slab, index, index + 4, index), index);
	t.deepEqual([ring.first, ring.end, ring.bytes], [15, 25, 40]);
	ring.add(slab, 100, 190, 25);
	t.deepEqual([ring.first, ring.end, ring.bytes], [23, 26, 98]);
	ring.add(slab, 0, 500, 26);
	t.deepEqual([ring.first, ring.end, ring.bytes], [26, 27, 500], 'one that is too large stands alone');
});

test('a slab with few kept messages does not stay in memory for them', (t) => {
	const ring = new MessageRing({messages: 1000, bytes: 1024 * 1024});
	const size = 100;
	for (let slab = 0; slab < 200; slab++) {
		const bytes = Buffer.allocUnsafeSlow(64 * 1024).fill(slab);
		for (const start of [0, 5000, 60_000]) ring.add(bytes, start, start + size, slab);
	}
	// All in their own, and the last slab as it came.
	t.true(slabBytes(ring) <= 600 * size + 64 * 1024, `${slabBytes(ring)}`);
	for (let index = 0; index < 600; index++) {
		const kept = ring.get(index);
		t.deepEqual(kept?.bytes.subarray(kept.start, kept.end), Buffer.alloc(size, Math.floor(index / 3)));
	}
});

test('full slabs are left where they are', (t) => {
	const ring = new MessageRing({messages: 1000, bytes: 1024 * 1024});
	const slabs = [1, 2, 3].map((fill) => Buffer.allocUnsafeSlow(1000).fill(fill));
	for (const bytes of slabs)
		for (let start = 0; start < 1000; start += 100) ring.add(bytes, start, start + 100, 0);
	t.is(ring.get(0)?.bytes, slabs[0]);
	t.is(ring.get(29)?.bytes, slabs[2]);
});

test('pairs and times are kept while both messages are', (t) => {
	const ring = new MessageRing({messages: 4});
	const bytes = Buffer.allocUnsafeSlow(64);
	for (let index = 0; index < 4; index++) ring.add(bytes, 0, 10, index);
	ring.pair(1, 3, 2.5);
	t.deepEqual([ring.pairOf(1), ring.pairOf(3), ring.elapsed(1), ring.elapsed(3)], [3, 1, 2.5, 2.5]);
	t.deepEqual([ring.pairOf(0), ring.elapsed(0)], [undefined, undefined]);
	ring.add(bytes, 0, 10, 4);
	ring.add(bytes, 0, 10, 5);
	t.deepEqual([ring.pairOf(1), ring.pairOf(3), ring.elapsed(3)], [undefined, undefined, 2.5]);
});
