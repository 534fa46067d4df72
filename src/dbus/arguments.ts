import {WireError} from './wire/error.js';
import {field, type Header} from './wire/header.js';
import {type Value, Variant} from './wire/reader.js';
import {bodyText} from './wire/text.js';

/** A row of a list has room for the beginning only. */
const rowLimits = {characters: 60, elements: 8, total: 200};
/** Of a large body only what is shown is decoded: a row is drawn many times. */
const decodeLimits = {bytes: 4 * rowLimits.characters, elements: rowLimits.elements, values: 64};

const propertiesChanged = Buffer.from('PropertiesChanged');
const propertiesInterface = Buffer.from('org.freedesktop.DBus.Properties');

/**
 * The arguments in one line, escaped: `"name", 5`. Changes of properties are folded into
 * `a.b.Interface Level=0.5 Muted=true -Position` (the last one without its new value). Undefined: broken.
 */
export function argumentsText(header: Header): string | undefined {
	try {
		const values = header.body(decodeLimits);
		const isChange =
			header.is(field.member, propertiesChanged) && header.is(field.interface, propertiesInterface);
		return (isChange ? changesText(values) : undefined) ?? bodyText(values, rowLimits);
	} catch (error) {
		if (error instanceof WireError) return undefined;
		throw error;
	}
}

function changesText(values: readonly Value[]): string | undefined {
	const [name, changed, invalidated] = values;
	if (typeof name !== 'string' || !(changed instanceof Map) || !Array.isArray(invalidated)) return undefined;
	const text = (value: Value) => bodyText([value], rowLimits);
	const bare = (value: Value) => text(value).replace(/^"|"$/g, '');
	const changes = [...changed].map(
		([key, value]) => `${bare(key)}=${text(value instanceof Variant ? value.value : value)}`,
	);
	return [bare(name), ...changes, ...invalidated.map((key) => `-${bare(key)}`)]
		.join(' ')
		.slice(0, rowLimits.total);
}
