import {driver} from './calls.js';
import type {Parties} from './query/exchange.js';
import {fixedHeaderBytes} from './wire/frame.js';
import {field, type Header} from './wire/header.js';

/**
 * Where passwords and keys go over the bus: bus names, interfaces, or single members, and all below them.
 * Keyrings, wallets, agents that ask for passwords, and services that are told some.
 */
const knownSecrets = [
	'org.freedesktop.secrets',
	'org.freedesktop.Secret',
	'org.freedesktop.portal.Secret',
	'org.freedesktop.impl.portal.Secret',
	'org.gnome.keyring',
	'org.kde.KWallet',
	'org.kde.kwalletd',
	'org.kde.kwalletd5',
	'org.kde.kwalletd6',
	'org.keepassxc.KeePassXC',
	'org.freedesktop.NetworkManager.SecretAgent',
	'org.freedesktop.NetworkManager.AgentManager',
	'org.freedesktop.NetworkManager.Settings',
	'org.freedesktop.NetworkManager.AddAndActivateConnection',
	'org.freedesktop.NetworkManager.AddAndActivateConnection2',
	'fi.w1.wpa_supplicant1.Interface.AddNetwork',
	'fi.w1.wpa_supplicant1.Network',
	'net.connman.Agent',
	'net.connman.iwd.Agent',
	'org.bluez.Agent1',
	'org.freedesktop.PolicyKit1.AuthenticationAgent',
	'org.freedesktop.Accounts.User.SetPassword',
	'org.freedesktop.UDisks2.Encrypted',
	'org.freedesktop.home1.Manager',
	'org.freedesktop.home1.Home',
];

const driverName = Buffer.from(driver.destination);
/** Members and names remembered; a hostile peer could invent ever new ones. */
const mostCached = 10_000;

/** Kinds of messages remembered by the bytes of their headers, a power of two; larger headers are rare. */
const kinds = 64;
const largestKind = 512;

/** Tells messages whose bodies may hold a secret. */
export class Secrets {
	readonly #entries: ReadonlySet<string>;
	readonly #byText = new Map<string, boolean>();
	readonly #byParty = new Map<string, boolean>();
	/** What was said of the last message of a kind, and its header fields. */
	readonly #byFields: Array<{fields: Buffer; covered: boolean} | undefined> = new Array(kinds);
	#version = -1;

	/** @param more names, interfaces or members beside the known ones. */
	constructor(more: readonly string[] = []) {
		this.#entries = new Set([...knownSecrets, ...more]);
	}

	/** By what the message itself says; an answer is also secret if its call is. */
	covers(header: Header, parties: Parties): boolean {
		if (this.#version !== parties.version) {
			this.#byParty.clear();
			this.#byFields.fill(undefined);
			this.#version = parties.version;
		}
		const {bytes, start, fieldsEnd} = header;
		const from = start + fixedHeaderBytes;
		// The fields of an answer say which call it answers: no two are the same.
		if (header.replySerial !== 0 || fieldsEnd - from > largestKind) return this.#isCovered(header, parties);
		// Traffic repeats itself: the same bytes as before are quicker found than looked at.
		const place = (fieldsEnd - from + (bytes[(from + fieldsEnd) >> 1] as number)) & (kinds - 1);
		const known = this.#byFields[place];
		if (known !== undefined && known.fields.compare(bytes, from, fieldsEnd) === 0) return known.covered;
		const covered = this.#isCovered(header, parties);
		this.#byFields[place] = {fields: Buffer.from(bytes.subarray(from, fieldsEnd)), covered};
		return covered;
	}

	#isCovered(header: Header, parties: Parties): boolean {
		// What a keyring says to the daemon is its names and rules.
		if (header.is(field.destination, driverName) || header.is(field.sender, driverName)) return false;
		const iface = header.text(field.interface);
		if (iface !== undefined && this.#isBelow(`${iface}.${header.text(field.member) ?? ''}`)) return true;
		return (
			this.#isParty(header.text(field.sender), parties) ||
			this.#isParty(header.text(field.destination), parties)
		);
	}

	#isParty(name: string | undefined, parties: Parties): boolean {
		if (name === undefined) return false;
		return remembered(this.#byParty, name, () => parties.aliases(name).some((alias) => this.#isBelow(alias)));
	}

	/** `a.b.c` is below `a.b` and `a.b.c`. */
	#isBelow(text: string): boolean {
		return remembered(this.#byText, text, () => {
			for (let end = text.length; end > 0; end = text.lastIndexOf('.', end - 1)) {
				if (this.#entries.has(text.slice(0, end))) return true;
			}
			return false;
		});
	}
}

function remembered(cache: Map<string, boolean>, key: string, find: () => boolean): boolean {
	let found = cache.get(key);
	if (found === undefined) {
		found = find();
		if (cache.size >= mostCached) cache.clear();
		cache.set(key, found);
	}
	return found;
}
