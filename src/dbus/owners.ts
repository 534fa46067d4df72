import type {NameTable} from './names.js';
import {WireError} from './wire/error.js';
import {field, type Header, longestName} from './wire/header.js';
import type {Value} from './wire/reader.js';

const nameOwnerChanged = Buffer.from('NameOwnerChanged');
const driverName = Buffer.from('org.freedesktop.DBus');

/** Learns who owns which name from the daemon's own signals in the traffic. */
export function watchOwners(header: Header, names: NameTable): void {
	if (!header.is(field.member, nameOwnerChanged) || !header.is(field.sender, driverName)) return;
	const [name, oldOwner, newOwner] = bodyValues(header);
	if (!isName(name) || !isName(oldOwner) || !isName(newOwner)) return;
	names.ownerChanged(name, oldOwner, newOwner);
}

/** Within the limit of names, so that those of a hostile file cannot fill the memory. */
function isName(value: Value | undefined): value is string {
	return typeof value === 'string' && value.length <= longestName;
}

/** The decoded body; empty when it does not fit its signature, as it may in a file. */
function bodyValues(header: Header): Value[] {
	try {
		return header.body();
	} catch (error) {
		if (error instanceof WireError) return [];
		throw error;
	}
}

/** `uniqueName` has answered for `name`. */
export function learnOwner(names: NameTable, name: string, uniqueName: string): void {
	if (name.startsWith(':') || !uniqueName.startsWith(':') || names.owns(uniqueName, name)) return;
	names.ownerChanged(name, '', uniqueName);
}
