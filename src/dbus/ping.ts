import {setTimeout as delay} from 'node:timers/promises';
import type {PeerAnswer} from '../context/model.js';
import {unreadBytes} from '../kernel/socket.js';
import {type Bus, BusError} from './calls.js';

/** What a client waits for: milliseconds. */
export interface PingLimits {
	/** Nothing at all was taken from the socket for so long: silent. */
	silent: number;
	/** It takes, and does not answer: so long since we asked, or since everything was taken. */
	reads: number;
}

/** A program that was just thawed on a busy machine gets its turn within these. */
const defaults: PingLimits = {silent: 5000, reads: 1000};

/** Between two looks at what is unread, milliseconds. */
const lookMs = 10;

/**
 * Asks a connection for a sign of life, which the client libraries give by themselves, and watches meanwhile
 * whether its socket is read.
 * @param fd our duplicate of the connection's own end.
 * @param isThere whether its process lives.
 * @returns undefined when it does not, or when the connection, or ours, has ended meanwhile.
 */
export async function ping(
	bus: Bus,
	uniqueName: string,
	fd: number,
	isThere: () => boolean,
	limits = defaults,
): Promise<PeerAnswer | undefined> {
	const settled = {reply: undefined as {answer: PeerAnswer | undefined} | undefined};
	const asked = bus
		.call({
			destination: uniqueName,
			path: '/',
			interface: 'org.freedesktop.DBus.Peer',
			member: 'Ping',
			autoStart: false,
			timeout: 2 * limits.silent,
		})
		.then(
			() => 'answered' as const,
			(error: unknown) => meaningOf(error),
		)
		.then((answer) => {
			settled.reply = {answer};
		});
	const start = performance.now();
	let unread = unreadBytes(fd);
	let [hasRead, lastChange] = [false, start];
	for (;;) {
		await Promise.race([asked, delay(lookMs)]);
		if (settled.reply) return settled.reply.answer;
		// The bus sees nobody go while we hold an end.
		if (!isThere()) return undefined;
		const now = unreadBytes(fd);
		// It may have taken ours before we looked for the first time.
		if (now < unread || now === 0) hasRead = true;
		if (now !== unread) lastChange = performance.now();
		unread = now;
		if (hasRead && performance.now() - (now === 0 ? lastChange : start) > limits.reads) return 'reads';
		if (!hasRead && performance.now() - start > limits.silent) return 'silent';
	}
}

/** An error of the other side shows that it is there, whatever it says; those of the daemon do not. */
function meaningOf(error: unknown): PeerAnswer | undefined {
	if (!(error instanceof BusError)) throw error;
	const [, name] = /^org\.freedesktop\.DBus\.Error\.(\w+)$/.exec(error.errorName) ?? [];
	if (error.isOurs || name === 'NoReply' || name === 'NameHasNoOwner' || name === 'ServiceUnknown')
		return undefined;
	return name === 'AccessDenied' ? 'denied' : 'answered';
}
