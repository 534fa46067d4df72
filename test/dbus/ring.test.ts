import test from 'ava';
import {MessageRing} from '../../src/dbus/ring.js';

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

test('messages are copies, whole, however large, and whatever becomes of where they came from', (t) => {
	const ring = new MessageRing({messages: 50, bytes: 4 * 1024 * 1024});
	const source = Buffer.allocUnsafeSlow(600_000);
	for (let index = 0; index < 2000; index++) {
		const size = index % 10 === 0 ? 600_000 : 1000 + index;
		ring.add(source.fill(index % 251), 0, size, index);
		for (let kept = ring.first; kept < ring.end; kept += 7) {
			const found = ring.get(kept);
			const bytes = found?.bytes.subarray(found.start, found.end);
			t.is(bytes?.length, kept % 10 === 0 ? 600_000 : 1000 + kept);
			if (bytes?.some((byte) => byte !== kept % 251)) t.fail(`${kept} has changed`);
		}
		source.fill(255);
	}
});

test('a flood takes no more memory than what is kept', (t) => {
	const ring = new MessageRing({messages: 10_000, bytes: 3 * 1024 * 1024});
	const source = Buffer.alloc(300, 1);
	const slabs = new Set<ArrayBufferLike>();
	for (let index = 0; index < 200_000; index++) {
		ring.add(source, 0, 300, index);
		slabs.add(ring.get(index)?.bytes.buffer as ArrayBufferLike);
	}
	t.true(slabs.size <= 5, `${slabs.size} slabs of 1 MB for 3 MB`);
});

test('older messages are packed: 60 MB that repeat themselves take little, and come back as they were', (t) => {
	const before = process.memoryUsage().arrayBuffers;
	const ring = new MessageRing({messages: 200_000});
	const source = Buffer.alloc(300, 'PropertiesChanged');
	for (let index = 0; index < 200_000; index++) {
		source.writeUInt32LE(index, 40);
		ring.add(source, 0, 300, index);
	}
	// The typed arrays take 7 MB; what was packed is garbage for a while at most.
	const mb = (process.memoryUsage().arrayBuffers - before) / 1e6;
	t.true(mb < 30, `${mb} MB`);
	for (const step of [1, 4999]) {
		for (let index = 0; index < 200_000; index += step === 1 ? 7 : step) {
			const found = ring.get(index);
			if (found?.bytes.readUInt32LE(found.start + 40) !== index) t.fail(`${index}`);
		}
	}
	t.is(ring.get(199_999)?.at, 199_999);
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
