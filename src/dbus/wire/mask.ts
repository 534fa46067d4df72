import {Cursor, checkDepth, code} from './cursor.js';
import {WireError} from './error.js';
import {field, Header} from './header.js';
import {type WireType, wireTypes} from './types.js';

/** `*` */
const star = 0x2a;

/**
 * A copy of a message with a body of the same shape and size that says nothing: texts are stars, bytes and numbers
 * zero. Object paths, signatures and the keys of dictionaries stay, so that one sees what kind of data it was.
 */
export function maskedCopy({bytes, start, end}: Header): Buffer {
	const frame = Buffer.from(bytes.subarray(start, end));
	const header = new Header().load(frame, 0, frame.length);
	try {
		const mask = new Mask(frame, header.bodyStart, frame.length, header.littleEndian);
		for (const type of wireTypes(header.text(field.signature) ?? '')) mask.cover(type, 0);
	} catch (error) {
		if (!(error instanceof WireError)) throw error;
		// It fits no signature, so nobody knows what is in there.
		frame.fill(0, header.bodyStart);
	}
	return frame;
}

class Mask extends Cursor {
	cover(type: WireType, depth: number): void {
		this.align(type.alignment);
		switch (type.code) {
			case code.o:
			case code.g:
				this.skip(type, depth);
				break;
			case code.s: {
				const length = this.uint32();
				const at = this.text(length);
				this.bytes.fill(star, at, at + length);
				break;
			}
			case code.v:
				this.cover(this.variantType(depth + 1), depth + 1);
				break;
			case code.a:
				this.#array(type, depth + 1);
				break;
			default:
				this.#others(type, depth);
		}
	}

	#array(type: WireType, depth: number): void {
		const end = this.arrayEnd(type, depth);
		const element = type.element as WireType;
		while (this.at < end) {
			if (type.key === undefined) this.cover(element, depth);
			else {
				this.align(8);
				this.skip(type.key, depth + 1);
				this.cover(element, depth + 1);
			}
		}
		this.checkArrayEnd(end);
	}

	#others({members, size}: WireType, depth: number): void {
		if (members === undefined) {
			const at = this.take(size);
			this.bytes.fill(0, at, at + size);
			return;
		}
		checkDepth(depth + 1);
		for (const member of members) this.cover(member, depth + 1);
	}
}
