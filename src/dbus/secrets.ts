import {driver} from './calls.js';
import type {Parties} from './query/exchange.js';
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

/** Tells messages whose bodies may hold a secret. */
export class Secrets {
	readonly #entries: ReadonlySet<string>;
	readonly #byText = new Map<string, boolean>();
	readonly #byParty = new Map<string, boolean>();
	#version = -1;

	/** @param more names, interfaces or members beside the known ones. */
	constructor(more: readonly string[] = []) {
		this.#entries = new Set([...knownSecrets, ...more]);
	}

	/** By what the message itself says; an answer is also secret if its call is. */
	covers(header: Header, parties: Parties): boolean {
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
		if (this.#version !== parties.version) {
			this.#byParty.clear();
			this.#version = parties.version;
		}
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
