import {Readable} from 'node:stream';
import {BadArchive} from './bad-archive.js';

/** How an archive is locked: a passphrase, or the public keys of those who may open it (`age1…`). */
export type Lock = {passphrase: string} | {recipients: readonly string[]};

/** What may open one: a passphrase, or secret keys (`AGE-SECRET-KEY-1…`). */
export interface Keys {
	passphrase?: string;
	identities?: readonly string[];
}

/** The first bytes of an age file. */
export const ageMagic = 'age-encryption.org/v1\n';

/** Bytes that an age header may have: one of hundreds of recipients. A hostile one need not end at all. */
const maxHeaderBytes = 64 * 1024;

/** No key opens it: a wrong passphrase, or none of its recipients. */
export class WrongKey extends Error {}

/** A recipient or an identity that is none. */
export class BadKey extends Error {}

/** Encrypts a stream for whoever has the key. Throws `BadKey`. The cryptography is loaded only here. */
export async function encrypt(plain: Readable, lock: Lock): Promise<Readable> {
	const {Encrypter} = await import('age-encryption');
	const encrypter = new Encrypter();
	if ('passphrase' in lock) encrypter.setPassphrase(lock.passphrase);
	else
		for (const recipient of lock.recipients) {
			try {
				encrypter.addRecipient(recipient);
			} catch {
				throw new BadKey(recipient);
			}
		}
	const encrypted = await encrypter.encrypt(Readable.toWeb(plain) as ReadableStream<Uint8Array>);
	return Readable.fromWeb(encrypted as Parameters<typeof Readable.fromWeb>[0]);
}

/** Decrypts a stream that begins with `ageMagic`. Throws `BadKey`, `WrongKey`, `BadArchive`. */
export async function decrypt(
	encrypted: AsyncIterable<Buffer>,
	{passphrase, identities = []}: Keys,
): Promise<Readable> {
	const {Decrypter} = await import('age-encryption');
	const decrypter = new Decrypter();
	if (passphrase !== undefined) decrypter.addPassphrase(passphrase);
	for (const identity of identities) {
		try {
			decrypter.addIdentity(identity);
		} catch {
			throw new BadKey();
		}
	}
	const source = Readable.from(withBoundedHeader(encrypted));
	try {
		const plain = await decrypter.decrypt(Readable.toWeb(source) as ReadableStream<Uint8Array>);
		return Readable.fromWeb(plain as Parameters<typeof Readable.fromWeb>[0]);
	} catch (error) {
		source.destroy();
		if (error instanceof BadArchive) throw error;
		// The library has one kind of error; this is its word for "none of the keys fits".
		if (/no identity matched|incorrect|wrong/i.test((error as Error).message)) throw new WrongKey();
		throw new BadArchive('damaged');
	}
}

/** The whole header in one piece, if it ends in time. */
async function* withBoundedHeader(encrypted: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
	let head: Buffer | undefined = Buffer.alloc(0);
	for await (const block of encrypted) {
		if (head === undefined) {
			yield block;
			continue;
		}
		head = Buffer.concat([head, block]);
		const end = head.subarray(0, maxHeaderBytes).indexOf('\n--- ');
		if (end < 0 && head.length < maxHeaderBytes) continue;
		if (end < 0) throw new BadArchive('damaged');
		yield head;
		head = undefined;
	}
	if (head !== undefined) throw new BadArchive('truncated');
}
