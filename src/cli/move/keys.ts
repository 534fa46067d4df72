import fs from 'node:fs';
import type {Keys, Lock} from '../../checkpoint/move/encryption.js';
import {Fault} from '../../common/fault.js';
import {messages} from '../../i18n/index.js';
import type {CommandContext} from '../context.js';
import {askSecretly} from './ask-secretly.js';

/** Where a passphrase comes from: never from the command line or the environment, which others can read. */
export interface PassphraseOptions {
	/** Ask for it. */
	passphrase?: boolean;
	passphraseFile?: string;
	passphraseFd?: string;
}

/** How to encrypt; undefined: not at all. Throws `usage`, `bad-key`. */
export async function lockFrom(
	context: CommandContext,
	{recipient = [], ...options}: PassphraseOptions & {recipient?: string[]},
): Promise<Lock | undefined> {
	const ways = [recipient.length > 0, options.passphrase, options.passphraseFile, options.passphraseFd];
	if (ways.filter(Boolean).length > 1) throw new Fault('usage', {detail: messages().cli.move.oneKey});
	if (recipient.length > 0) return {recipients: recipient};
	const passphrase = await passphraseFrom(context, options, true);
	return passphrase === undefined ? undefined : {passphrase};
}

/** What may decrypt. Throws `usage`, `bad-key`. */
export async function keysFrom(
	context: CommandContext,
	{identity = [], ...options}: PassphraseOptions & {identity?: string[]},
): Promise<Keys> {
	const passphrase = await passphraseFrom(context, options, false);
	const identities = identity.flatMap(readIdentities);
	return {identities, ...(passphrase === undefined ? {} : {passphrase})};
}

async function passphraseFrom(
	context: CommandContext,
	{passphrase, passphraseFile, passphraseFd}: PassphraseOptions,
	twice: boolean,
): Promise<string | undefined> {
	let text: string;
	if (passphraseFile !== undefined) text = firstLine(passphraseFile);
	else if (passphraseFd !== undefined) text = firstLine(descriptor(passphraseFd));
	else if (passphrase) text = await asked(context, twice);
	else return undefined;
	if (text === '') throw new Fault('bad-key', {kind: 'passphrase', key: ''});
	return text;
}

async function asked({stdin, stderr}: CommandContext, twice: boolean): Promise<string> {
	const text = messages().cli.move;
	if (!stdin.isTTY) throw new Fault('usage', {detail: text.noTerminal});
	const first = await askSecretly(stdin, stderr, text.askPassphrase);
	if (twice && (await askSecretly(stdin, stderr, text.askAgain)) !== first)
		throw new Fault('usage', {detail: text.different});
	return first;
}

function descriptor(text: string): number {
	if (/^\d{1,7}$/.test(text)) return Number(text);
	throw new Fault('usage', {detail: messages().cli.move.badFd(text)});
}

function firstLine(from: string | number): string {
	try {
		return fs.readFileSync(from, 'utf8').split(/\r?\n/, 1)[0] ?? '';
	} catch (error) {
		const {code, message} = error as NodeJS.ErrnoException;
		const text = messages().cli.move;
		const detail = typeof from === 'number' ? text.badFd(String(from)) : `${from}: ${code ?? message}`;
		throw new Fault('usage', {detail});
	}
}

/** A file as age-keygen writes it: secret keys, comments, empty lines. */
function readIdentities(file: string): string[] {
	let text: string;
	try {
		text = fs.readFileSync(file, 'utf8');
	} catch (error) {
		throw new Fault('usage', {detail: `${file}: ${(error as NodeJS.ErrnoException).code}`});
	}
	const lines = text.split('\n').map((line) => line.trim());
	return lines.filter((line) => line !== '' && !line.startsWith('#'));
}
