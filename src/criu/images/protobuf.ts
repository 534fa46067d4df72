import {
	create,
	createFileRegistry,
	type DescFile,
	type DescMessage,
	fromBinary,
	type Message,
	toBinary,
} from '@bufbuild/protobuf';
import {
	FileDescriptorProtoSchema,
	FieldDescriptorProto_Label as Label,
	FieldDescriptorProto_Type as ProtoType,
} from '@bufbuild/protobuf/wkt';

/**
 * A small way to write CRIU's messages down as TypeScript, instead of generated code: `message()` builds a real
 * protobuf-es descriptor (so unknown fields survive a round trip) and infers the type of what it decodes.
 */
interface Field<T> {
	readonly number: number;
	readonly type: ProtoType;
	readonly repeated: boolean;
	readonly of?: MessageType<unknown>;
	/** Only for inference. */
	readonly value?: T;
}

/** A message's descriptor with the TypeScript shape of what it decodes to. */
export interface MessageType<T> {
	readonly descriptor: DescMessage;
	readonly shape?: T;
}

type ShapeOf<Fields> = {
	-readonly [Name in keyof Fields]: Fields[Name] extends Field<infer T>
		? T extends unknown[]
			? T
			: T | undefined
		: never;
};

export type Decoded<Type> = Type extends MessageType<infer T> ? T : never;

const scalar =
	<T>(type: ProtoType) =>
	(number: number): Field<T> => ({number, type, repeated: false});
const repeatedScalar =
	<T>(type: ProtoType) =>
	(number: number): Field<T[]> => ({number, type, repeated: true});

/** Text is declared `bytes` everywhere (same wire form): paths and names in Linux need not be UTF-8. */
export const uint32 = scalar<number>(ProtoType.UINT32);
export const int32 = scalar<number>(ProtoType.INT32);
export const sint32 = scalar<number>(ProtoType.SINT32);
export const uint64 = scalar<bigint>(ProtoType.UINT64);
export const bool = scalar<boolean>(ProtoType.BOOL);
export const bytes = scalar<Uint8Array>(ProtoType.BYTES);
export const uint32s = repeatedScalar<number>(ProtoType.UINT32);
export const uint64s = repeatedScalar<bigint>(ProtoType.UINT64);
export const nested = <T>(number: number, of: MessageType<T>): Field<T> => ({
	number,
	type: ProtoType.MESSAGE,
	repeated: false,
	of,
});
export const nestedList = <T>(number: number, of: MessageType<T>): Field<T[]> => ({
	number,
	type: ProtoType.MESSAGE,
	repeated: true,
	of,
});

const files = new Map<string, DescFile>();

/**
 * Declares a message. Every field is optional with explicit presence (absent = undefined), because an image may
 * come from another version of CRIU or be damaged; repeated numbers are written unpacked, as proto2 does.
 */
export function message<const Fields extends Record<string, Field<unknown>>>(
	name: string,
	fields: Fields,
): MessageType<ShapeOf<Fields>> {
	const entries = Object.entries(fields);
	const single = entries.filter(([, field]) => !field.repeated);
	const proto = create(FileDescriptorProtoSchema, {
		name: `${name}.proto`,
		syntax: 'proto3',
		dependency: entries.flatMap(([, field]) =>
			field.of === undefined ? [] : [field.of.descriptor.file.proto.name],
		),
		messageType: [
			{
				name,
				field: entries.map(([fieldName, field]) => ({
					name: fieldName,
					jsonName: fieldName,
					number: field.number,
					type: field.type,
					label: field.repeated ? Label.REPEATED : Label.OPTIONAL,
					...(field.of === undefined ? {} : {typeName: `.${field.of.descriptor.typeName}`}),
					...(field.repeated
						? field.of === undefined
							? {options: {packed: false}}
							: {}
						: {proto3Optional: true, oneofIndex: single.findIndex(([other]) => other === fieldName)}),
				})),
				// proto3 says "optional" with a one-field oneof each.
				oneofDecl: single.map(([fieldName]) => ({name: `_${fieldName}`})),
			},
		],
	});
	const registry = createFileRegistry(proto, (path) => files.get(path));
	const descriptor = registry.getMessage(name);
	if (descriptor === undefined) {
		throw new Error(`the descriptor of ${name} was not built`);
	}
	// protobuf-es changes names with underscores; then the inferred shape would lie.
	for (const field of descriptor.fields) {
		if (field.localName !== field.name) {
			throw new Error(`write ${name}.${field.name} as ${field.localName}`);
		}
	}
	files.set(proto.name, descriptor.file);
	return {descriptor};
}

/** Decodes one message; throws protobuf-es's error when the bytes are no such message. Unknown fields are kept. */
export function decode<T>(type: MessageType<T>, data: Uint8Array): T & Message {
	return fromBinary(type.descriptor, data) as T & Message;
}

/** The reverse of `decode`, unknown fields included. */
export function encode<T>(type: MessageType<T>, value: T & Message): Uint8Array {
	return toBinary(type.descriptor, value);
}

/** Text as CRIU wrote it; bytes that are not UTF-8 become U+FFFD. */
export function text(data: Uint8Array | undefined): string {
	return data === undefined
		? ''
		: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8');
}
