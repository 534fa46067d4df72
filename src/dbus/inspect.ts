import {type BodyNode, bodyTree} from './body-tree.js';
import {WireError} from './wire/error.js';
import {fixedHeaderBytes, readUint32} from './wire/frame.js';
import {field, flag, Header} from './wire/header.js';
import {Reader, type Value, type Variant} from './wire/reader.js';
import {type WireType, wireTypes} from './wire/types.js';

/** As much of a body as the details have room for: a body can have 128 MB. */
const decodeLimits = {bytes: 2048, elements: 256, values: 4096};
const [fieldsType] = wireTypes('a(yv)') as [WireType];
/** Bytes of a message that are shown as such. */
const shownBytes = 4096;

/** All that one message says, laid open for the details of it. */
export interface MessageInspection {
	littleEndian: boolean;
	/** Of the flags that are set. */
	flags: ReadonlyArray<keyof typeof flag>;
	/** Flags of later protocol versions, as their bits. */
	unknownFlags: number;
	/** The header with its padding, and the body. */
	headerBytes: number;
	bodyBytes: number;
	/** Header fields of later protocol versions. */
	otherFields: ReadonlyArray<{code: number; value: BodyNode}>;
	body: readonly BodyNode[];
	/** Why the body cannot be read, in the decoder's words; it does not fit its signature. */
	bodyError?: string;
	/** The body says nothing: it may hold a secret. */
	masked: boolean;
	/** The beginning of the message as it was on the wire. */
	raw: Buffer;
}

/**
 * Takes the message `frame` apart. Throws WireError when it is none; a broken body is told as `bodyError`.
 * @param masked the body was replaced by one that says nothing.
 */
export function inspectMessage(frame: Buffer, masked = false): MessageInspection {
	const header = new Header().load(frame, 0, frame.length);
	const known = Object.values(flag).reduce((all, bit) => all | bit, 0);
	return {
		littleEndian: header.littleEndian,
		flags: (Object.keys(flag) as Array<keyof typeof flag>).filter((name) => header.flags & flag[name]),
		unknownFlags: header.flags & ~known,
		headerBytes: header.bodyStart,
		bodyBytes: frame.length - header.bodyStart,
		otherFields: otherFields(header),
		...bodyOf(header),
		masked,
		raw: frame.subarray(0, shownBytes),
	};
}

function bodyOf(header: Header): Pick<MessageInspection, 'body' | 'bodyError'> {
	try {
		return {body: bodyTree(header.text(field.signature) ?? '', header.body(decodeLimits))};
	} catch (error) {
		if (error instanceof WireError) return {body: [], bodyError: error.message};
		throw error;
	}
}

function otherFields({bytes, littleEndian}: Header): MessageInspection['otherFields'] {
	const end = fixedHeaderBytes + readUint32(bytes, 12, littleEndian);
	const reader = new Reader(bytes, 0, end, littleEndian);
	// The array of fields begins with its length, the last number of the fixed part.
	reader.at = fixedHeaderBytes - 4;
	const fields = reader.read(fieldsType, 0) as Array<[number, Variant]>;
	const codes = new Set<number>(Object.values(field));
	return fields
		.filter(([code]) => !codes.has(code))
		.map(([code, variant]) => ({code, value: bodyTree('v', [variant as Value])[0] as BodyNode}));
}
