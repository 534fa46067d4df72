import {escapeText} from '../common/escape.js';
import {Cut, type Value, Variant} from './wire/reader.js';
import {completeTypes, typeEnd} from './wire/signature.js';

/** One value of a body, ready to be laid out. Text is escaped; what was cut tells its true size. */
export interface BodyNode {
	/** Its complete type; of a variant the type inside, since nobody looks for the wrapping. */
	type: string;
	/** It was wrapped in a variant. */
	variant?: true;
	/** Within a dictionary: the key, as text. */
	key?: string;
	/** A basic value; of `ay` the bytes as text where all of them are printable. */
	text?: string;
	/** Of `ay`: the bytes in hexadecimal. */
	hex?: string;
	/** Of a container. */
	children?: BodyNode[];
	/** Characters of a string, bytes of an `ay`, elements of a container: all of them, not only those shown. */
	size?: number;
	/** Only the beginning is here. */
	cut?: true;
	/** Instead of `size` where only this is known of what was cut: bytes of the whole. */
	bytes?: number;
}

export interface TreeLimits {
	/** Characters of one string, bytes of one `ay`. */
	characters: number;
	/** Elements of one container. */
	elements: number;
	/** Nodes of the whole tree. */
	nodes: number;
}

const defaultLimits: TreeLimits = {characters: 2048, elements: 256, nodes: 4096};

/** The values of a body with the signature `signature`, as far as the limits allow. */
export function bodyTree(
	signature: string,
	values: readonly Value[],
	limits: Partial<TreeLimits> = {},
): BodyNode[] {
	const grower = new Grower({...defaultLimits, ...limits});
	return completeTypes(signature)
		.slice(0, values.length)
		.map((type, i) => grower.node(type, values[i] as Value));
}

class Grower {
	#nodes = 0;

	constructor(private readonly limits: TreeLimits) {}

	node(type: string, value: Value): BodyNode {
		this.#nodes++;
		if (value instanceof Cut) return this.#cut(type, value);
		if (value instanceof Variant) return {...this.node(value.signature, value.value), variant: true};
		if (Buffer.isBuffer(value)) return this.#bytes(type, value);
		if (typeof value === 'string') return this.#string(type, value);
		if (value instanceof Map) return this.#dict(type, value);
		if (Array.isArray(value)) return this.#list(type, value);
		return {type, text: String(value)};
	}

	/** What the decoder has cut already. */
	#cut(type: string, {shown, bytes, count}: Cut): BodyNode {
		const {size: _, ...node} = this.node(type, shown);
		if (type === 's' && node.text) node.text = node.text.replace(/…?"$/, '…"');
		return {...node, cut: true, ...(count === undefined ? {bytes} : {size: count})};
	}

	#string(type: string, value: string): BodyNode {
		const shown = value.slice(0, this.limits.characters);
		const text = escapeText(shown);
		const cut = shown.length < value.length;
		return {type, text: type === 's' ? `"${text}${cut ? '…' : ''}"` : text, ...sizeIf(cut, value.length)};
	}

	#bytes(type: string, value: Buffer): BodyNode {
		const shown = value.subarray(0, this.limits.characters);
		const text = printable(shown);
		return {
			type,
			hex: shown.toString('hex'),
			...(text === undefined ? {} : {text}),
			size: value.length,
			...(shown.length < value.length ? {cut: true} : {}),
		};
	}

	#dict(type: string, value: Map<Value, Value>): BodyNode {
		const valueType = type.slice(3, -1);
		const children = this.#some(value, ([key, entry]) => {
			const {text = ''} = this.node(type[2] as string, key);
			return {...this.node(valueType, entry), key: text};
		});
		return {type, children, ...container(children, value.size)};
	}

	#list(type: string, value: readonly Value[]): BodyNode {
		const isArray = type.startsWith('a');
		const types = isArray ? [] : completeTypes(type.slice(1, -1));
		const element = isArray ? type.slice(1, typeEnd(type, 1)) : '';
		let at = 0;
		const children = this.#some(value, (item) => this.node(isArray ? element : (types[at++] ?? ''), item));
		return {type, children, ...container(children, value.length)};
	}

	#some<Item>(items: Iterable<Item>, grow: (item: Item) => BodyNode): BodyNode[] {
		const children: BodyNode[] = [];
		for (const item of items) {
			if (children.length === this.limits.elements || this.#nodes >= this.limits.nodes) break;
			children.push(grow(item));
		}
		return children;
	}
}

function container(children: readonly BodyNode[], size: number): Pick<BodyNode, 'size' | 'cut'> {
	return {size, ...(children.length < size ? {cut: true} : {})};
}

function sizeIf(cut: boolean, size: number): Pick<BodyNode, 'size' | 'cut'> {
	return cut ? {size, cut: true} : {};
}

/** Bytes that are UTF-8 text (a trailing zero allowed, as file names on D-Bus have it), escaped. */
function printable(bytes: Buffer): string | undefined {
	const end = bytes.at(-1) === 0 ? bytes.length - 1 : bytes.length;
	if (end === 0) return undefined;
	const text = bytes.toString('utf8', 0, end);
	return /[\p{Cc}\p{Cs}\ufffd]/u.test(text.replace(/[\n\r\t]/g, '')) ? undefined : `"${escapeText(text)}"`;
}
