import {escapeText} from '../../common/escape.js';
import type {BodyNode} from '../../dbus/body-tree.js';
import type {MessageInspection} from '../../dbus/inspect.js';
import type {TrafficMessage} from '../../dbus/types.js';
import {messages} from '../../i18n/index.js';
import {type Row, type Span, span} from '../spans.js';
import {pad, widthOf, wrap} from '../text.js';

/** A body in words: one row for each value, containers with their elements below them. */
export function bodyRows(message: TrafficMessage, inspection: MessageInspection, width: number): Row[] {
	const text = messages().screen.message;
	const {body, bodyError} = inspection;
	if (bodyError !== undefined) {
		return wrap(text.broken(escapeText(bodyError)), width).map((line) => [span(line, 'bad')]);
	}
	if (body.length === 0) return [[span(text.empty, 'dim')]];
	return changeRows(message, body, width) ?? treeRows(body, 0, width);
}

/** A PropertiesChanged, folded: the interface once, then its properties. */
function changeRows(
	{interface: sender, member}: TrafficMessage,
	body: readonly BodyNode[],
	width: number,
): Row[] | undefined {
	const [name, changed, invalidated] = body;
	const isChange = sender === 'org.freedesktop.DBus.Properties' && member === 'PropertiesChanged';
	if (!isChange || changed?.type !== 'a{sv}' || invalidated?.type !== 'as') return undefined;
	const text = messages().screen.message;
	const gone = (invalidated.children ?? []).map((node) => bare(node.text)).join(', ');
	return [
		...wrap(text.changedOf(bare(name?.text)), width).map((line): Row => [span(line, 'strong')]),
		...treeRows(changed.children ?? [], 1, width),
		...moreRow(changed, 1),
		...(gone === '' ? [] : wrap(text.invalidated(gone), width).map((line): Row => [span(line, 'dim')])),
	];
}

/** Keys and names of properties are read easier without their quotes. */
function bare(text = ''): string {
	return text.replace(/^"(.*)"$/, '$1');
}

function treeRows(nodes: readonly BodyNode[], depth: number, width: number): Row[] {
	const keyWidth = Math.min(Math.max(0, ...nodes.map(({key = ''}) => widthOf(bare(key)))), 28);
	const typeWidth = Math.min(Math.max(2, ...nodes.map(({type}) => type.length)), 10);
	return nodes.flatMap((node) => nodeRows(node, depth, keyWidth, typeWidth, width));
}

function nodeRows(node: BodyNode, depth: number, keyWidth: number, typeWidth: number, width: number): Row[] {
	const key = bare(node.key);
	const head: Span[] = [
		span('  '.repeat(depth)),
		// A long key is not cut: it is what tells the entries apart.
		...(node.key === undefined ? [] : [span(`${key.padEnd(keyWidth)}  `, 'accent')]),
		span(pad(node.type, Math.max(typeWidth, Math.min(widthOf(node.type), 40))), 'dim'),
		span('  '),
	];
	const room = Math.max(width - head.reduce((sum, {text}) => sum + widthOf(text), 0), 16);
	const inline = node.children && inlineText(node, room);
	if (node.children && inline === undefined) {
		return [
			[...head, span(sizeOfContainer(node), 'dim')],
			...treeRows(node.children, depth + 1, width),
			...moreRow(node, depth + 1),
		];
	}
	const lines = inline === undefined ? valueLines(node, room) : [inline];
	const indent = span(' '.repeat(Math.max(width - room, 0)));
	return lines.map((line, i) => [...(i === 0 ? head : [indent]), line]);
}

function sizeOfContainer({size = 0, bytes}: BodyNode): string {
	const text = messages().screen.message;
	return bytes === undefined ? text.elements(size) : text.bytes(bytes);
}

/** A basic value, wrapped; bytes as text where they are any, else in hexadecimal. */
function valueLines(node: BodyNode, room: number): Span[] {
	const text = messages().screen.message;
	const size = node.hex === undefined ? text.characters : text.bytes;
	const lines = wrap(node.text ?? node.hex?.replace(/../g, '$& ') ?? '', room).map((line) => span(line));
	if (node.bytes !== undefined) return [...lines, span(text.bytes(node.bytes), 'dim')];
	if (node.size === undefined || (node.hex === undefined && !node.cut)) return lines;
	return [...lines, span(size(node.size), 'dim')];
}

/** A short container of basic values, whole in one line. */
function inlineText({type, children = [], cut}: BodyNode, room: number): Span | undefined {
	if (cut || children.some((child) => child.text === undefined || child.hex !== undefined || child.key))
		return undefined;
	const [open, close] = type.startsWith('(') ? ['(', ')'] : ['[', ']'];
	const text = `${open}${children.map((child) => child.text).join(', ')}${close}`;
	return widthOf(text) <= room ? span(text) : undefined;
}

function moreRow({children = [], size, cut}: BodyNode, depth: number): Row[] {
	if (!cut) return [];
	if (size === undefined) return [[span('  '.repeat(depth)), span('…', 'dim')]];
	const {more} = messages().screen.message;
	return [[span('  '.repeat(depth)), span(more(size - children.length), 'dim')]];
}
