import {Fault} from '../common/fault.js';

/** Which bus is meant; the same words as the global options of the command line. */
export type BusChoice = {kind: 'system'} | {kind: 'session'} | {kind: 'address'; address: string};

/** Where a server listens; the transports that clients of local buses use. */
export type Endpoint =
	/** An abstract name begins with `\0`. */
	| {kind: 'unix'; path: string}
	/** Some socket `dbus-…` in that folder, as a server told `dir=` or `tmpdir=` makes one. */
	| {kind: 'dir'; dir: string}
	/** `$XDG_RUNTIME_DIR/bus`. */
	| {kind: 'runtime'}
	| {kind: 'tcp'; host: string; port: number; family?: 4 | 6}
	/** A program whose standard input and output lead to the bus. */
	| {kind: 'exec'; path: string; argv0: string; args: string[]};

/** One place to connect to. */
export interface BusPlace {
	endpoint: Endpoint;
	/** The daemon's id, when the address names it. */
	guid?: string;
	/** The entry as it was written. */
	text: string;
}

export interface ParsedAddress {
	usable: BusPlace[];
	/** Entries of the list that this program cannot use; `reason` is a key of `i18n`'s `bus.addressReasons`. */
	ignored: Array<{text: string; reason: AddressReason}>;
}

export type AddressReason = 'transport' | 'no-path' | 'syntax';

/** What to connect to, and as whom. */
export interface BusLocation {
	address: string;
	/** Set when the connection must be made with another effective uid than ours. */
	uid?: number;
	/**
	 * The user gave the address, so that programs in it (`unixexec:`) may be run. One that stands in a checkpoint
	 * or was found in a process must not make us run anything.
	 */
	isUsers?: boolean;
}

const systemAddress = 'unix:path=/run/dbus/system_bus_socket;unix:path=/var/run/dbus/system_bus_socket';

/** The address of whatever daemon is there: one that was restarted has another id. */
export function withoutGuid(address: string): string {
	return address.replace(/([:,])guid=[0-9a-f]*(,|$|;)/g, (_, before: string, after: string) =>
		after === ',' ? before : before === ',' ? after : before + after,
	);
}

/** Splits a D-Bus server address list (`unix:path=/a%20b,guid=…;unix:abstract=c`). Never throws. */
export function parseAddress(list: string): ParsedAddress {
	const parsed: ParsedAddress = {usable: [], ignored: []};
	for (const text of list.split(';').filter((entry) => entry !== '')) {
		const result = parseEntry(text);
		if (typeof result === 'string') parsed.ignored.push({text, reason: result});
		else parsed.usable.push(result);
	}
	return parsed;
}

function parseEntry(text: string): BusPlace | AddressReason {
	const colon = text.indexOf(':');
	if (colon < 1) return 'syntax';
	const endpointOf = transports[text.slice(0, colon)];
	if (endpointOf === undefined) return 'transport';
	const keys = parseKeys(text.slice(colon + 1));
	if (keys === undefined) return 'syntax';
	const endpoint = endpointOf(keys);
	if (typeof endpoint === 'string') return endpoint;
	const guid = keys.get('guid');
	return {text, endpoint, ...(guid === undefined ? {} : {guid})};
}

type Keys = ReadonlyMap<string, string>;

const transports: Record<string, (keys: Keys) => Endpoint | AddressReason> = {
	unix: unixEndpoint,
	tcp: tcpEndpoint,
	unixexec: execEndpoint,
};

function unixEndpoint(keys: Keys): Endpoint | AddressReason {
	const given = ['path', 'abstract', 'dir', 'tmpdir', 'runtime'].filter((key) => keys.has(key));
	const [kind] = given;
	if (kind === undefined) return 'no-path';
	const value = keys.get(kind) as string;
	if (given.length > 1 || value === '') return 'syntax';
	if (kind === 'runtime') return value === 'yes' ? {kind: 'runtime'} : 'syntax';
	if (kind === 'path') return {kind: 'unix', path: value};
	if (kind === 'abstract') return {kind: 'unix', path: `\0${value}`};
	return {kind: 'dir', dir: value};
}

function tcpEndpoint(keys: Keys): Endpoint | AddressReason {
	const port = Number(keys.get('port'));
	const family = {ipv4: 4, ipv6: 6}[keys.get('family') ?? ''] as 4 | 6 | undefined;
	if (!Number.isInteger(port) || port < 1 || port > 65_535) return 'syntax';
	if (family === undefined && keys.has('family')) return 'syntax';
	const host = keys.get('host') || 'localhost';
	return {kind: 'tcp', host, port, ...(family === undefined ? {} : {family})};
}

/** `path`, and `argv1` … without a gap; `argv0` is the path where it is not given. */
function execEndpoint(keys: Keys): Endpoint | AddressReason {
	const path = keys.get('path');
	if (!path) return 'no-path';
	const args: string[] = [];
	for (let next = keys.get('argv1'); next !== undefined; next = keys.get(`argv${args.length + 1}`)) {
		args.push(next);
	}
	const given = [...keys.keys()].filter((key) => /^argv[1-9]\d*$/.test(key)).length;
	return given === args.length ? {kind: 'exec', path, argv0: keys.get('argv0') ?? path, args} : 'syntax';
}

function parseKeys(text: string): Map<string, string> | undefined {
	const keys = new Map<string, string>();
	for (const pair of text.split(',').filter((part) => part !== '')) {
		const equals = pair.indexOf('=');
		const value = unescapeValue(pair.slice(equals + 1));
		if (equals < 1 || value === undefined || value.includes('\0')) return undefined;
		keys.set(pair.slice(0, equals), value);
	}
	return keys;
}

/** `%2f` → `/`. Undefined when an escape is not two hexadecimal digits, or the bytes are no UTF-8. */
function unescapeValue(value: string): string | undefined {
	try {
		return decodeURIComponent(value);
	} catch {
		return undefined;
	}
}

/** Writes a path so that it can stand in an address. The unescaped characters are the specification's. */
export function escapeAddressValue(value: string): string {
	return Buffer.from(value).reduce((text, byte) => {
		const character = String.fromCharCode(byte);
		return (
			text + (/[-0-9A-Za-z_/.*\\]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`)
		);
	}, '');
}

/**
 * The address of the chosen bus. Under sudo, `session` means the bus of the user who called sudo. Throws
 * Fault `usage` when no address is known, or when nothing in the given one can be used.
 */
export function locateBus(choice: BusChoice, env: NodeJS.ProcessEnv, ownUid: number): BusLocation {
	if (choice.kind === 'address') return {address: checked(choice.address), isUsers: true};
	if (choice.kind === 'system') {
		return {address: checked(env.DBUS_SYSTEM_BUS_ADDRESS || systemAddress), isUsers: true};
	}
	const sudoUid = ownUid === 0 && /^[1-9]\d*$/.test(env.SUDO_UID ?? '') ? Number(env.SUDO_UID) : undefined;
	if (sudoUid !== undefined) {
		const address = env.DBUS_SESSION_BUS_ADDRESS || `unix:path=/run/user/${sudoUid}/bus`;
		return {address: checked(address), uid: sudoUid, isUsers: true};
	}
	if (env.DBUS_SESSION_BUS_ADDRESS) {
		return {address: checked(env.DBUS_SESSION_BUS_ADDRESS), isUsers: true};
	}
	const runtimeDir = env.XDG_RUNTIME_DIR || `/run/user/${ownUid}`;
	return {address: `unix:path=${escapeAddressValue(`${runtimeDir}/bus`)}`, isUsers: true};
}

function checked(address: string): string {
	const {usable, ignored} = parseAddress(address);
	if (usable.length > 0) return address;
	const reason = ignored[0]?.reason ?? 'syntax';
	throw new Fault('bus-unreachable', {address, reason: `address-${reason}`});
}
