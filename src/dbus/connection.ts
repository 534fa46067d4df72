import {fstatSync} from 'node:fs';
import type net from 'node:net';
import {Fault} from '../common/fault.js';
import {type BusLocation, type BusPlace, parseAddress} from './address.js';
import {AuthAnswer, type AuthMechanism, AuthRejected, authRequest} from './auth.js';
import {dial, resolvePlace} from './dial.js';
import {ReadPace} from './read-pace.js';
import {type FrameListener, FrameSplitter} from './wire/frame.js';

/** Milliseconds for connect and handshake, for each entry of the address list. */
const defaultTimeout = 10_000;

export interface ConnectionHandlers {
	onFrame: FrameListener;
	/** True: a program, and no bus, is there: it may speak first. */
	isPeer?: boolean;
	/** True: nobody refers to a frame after `onFrame`, so that its memory can be used again. */
	reusesFrames?: boolean;
	/** True: in a flood, messages are read some at a time, up to a millisecond late; see `ReadPace`. */
	isPaced?: boolean;
	/** Before, and after, the frames of one read are handed on. */
	onReadStart?(): void;
	onReadEnd?(): void;
	/** Once, after a successful handshake; the reason is missing when we closed it ourselves. */
	onEnd(reason?: string): void;
}

/** A byte stream to a bus, authenticated; what is said on it (Hello first) is the user's. */
export interface Connection {
	/** The entry of the address list that answered. */
	readonly address: string;
	/** The daemon's id: another one after a reconnect is another daemon. */
	readonly guid: string;
	readonly passesFds: boolean;
	/** Of our end, as the kernel lists it. */
	readonly inode: number;
	send(bytes: Uint8Array): void;
	close(): void;
}

/**
 * Connects to the first entry of the address list that answers and authenticates: with EXTERNAL, and where that
 * is not accepted with ANONYMOUS. With `location.uid` a unix socket is connected under that effective uid.
 * Throws Fault `bus-unreachable`.
 */
export async function openConnection(
	location: BusLocation,
	handlers: ConnectionHandlers,
	timeout = defaultTimeout,
): Promise<Connection> {
	const {usable: places, ignored} = parseAddress(location.address);
	const usable = places.filter(({endpoint}) => endpoint.kind !== 'exec' || location.isUsers === true);
	let failure = new Fault('bus-unreachable', {
		address: location.address,
		reason:
			usable.length > 0
				? 'ENOENT'
				: `address-${ignored[0]?.reason ?? (places.length > 0 ? 'transport' : 'syntax')}`,
	});
	for (const place of usable.flatMap((entry) => resolvePlace(entry, process.env))) {
		try {
			return await authenticated(place, location.uid, handlers, timeout);
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
			failure = error as typeof failure;
		}
	}
	throw failure;
}

/** The server hears one mechanism on a connection: we have said all before it answers. */
async function authenticated(
	place: BusPlace,
	uid: number | undefined,
	handlers: ConnectionHandlers,
	timeout: number,
): Promise<Connection> {
	const rejected = new Fault('bus-unreachable', {address: place.text, reason: 'auth-rejected'});
	for (const mechanism of ['EXTERNAL', 'ANONYMOUS'] as const) {
		try {
			return await connectOne(place, mechanism, uid, handlers, timeout);
		} catch (error) {
			if (!(error instanceof AuthRejected)) throw error;
			if (!error.mechanisms.includes('ANONYMOUS')) break;
		}
	}
	throw rejected;
}

function connectOne(
	{text: address, endpoint, guid}: BusPlace,
	mechanism: AuthMechanism,
	uid: number | undefined,
	handlers: ConnectionHandlers,
	timeout: number,
): Promise<Connection> {
	return new Promise((resolve, reject) => {
		const pace = handlers.isPaced ? new ReadPace() : undefined;
		let pause: NodeJS.Timeout | undefined;
		const splitter = new FrameSplitter(handlers.onFrame, handlers.reusesFrames);
		const answer = new AuthAnswer(address);
		let open = false;
		let closedByUs = false;
		let failure: unknown;

		const socket = dial(endpoint, uid, {buffer: () => splitter.space(), callback: received});
		const timer = setTimeout(() => fail('timeout'), timeout);
		const begin = (): void => void socket.write(authRequest(mechanism, uid ?? process.geteuid?.() ?? 0));
		if (socket.connecting) socket.on('connect', begin);
		else begin();
		socket.on('error', (error) => fail(error));
		socket.on('close', () => {
			clearTimeout(timer);
			clearTimeout(pause);
			if (open) handlers.onEnd(closedByUs ? undefined : lostReason(failure));
			else if (failure instanceof Fault || failure instanceof AuthRejected) reject(failure);
			else reject(unreachable(address, failure ?? 'closed'));
		});

		function received(count: number, bytes: Uint8Array): boolean {
			try {
				if (open) {
					handlers.onReadStart?.();
					splitter.advance(count);
					handlers.onReadEnd?.();
				} else {
					authenticate(Buffer.from(bytes.subarray(0, count)));
				}
			} catch (error) {
				fail(error);
			}
			if (socket.destroyed) return false;
			const wait = (open && pace?.next()) || 0;
			if (wait === 0) return true;
			pause = setTimeout(() => socket.resume(), wait);
			return false;
		}

		function authenticate(bytes: Buffer): void {
			const rest = answer.push(bytes);
			if (rest === undefined) return;
			// Nobody has said Hello yet, so a bus has nothing more to say.
			if (rest.length > 0 && !handlers.isPeer)
				throw new Fault('bus-unreachable', {address, reason: 'not-a-bus'});
			if (guid !== undefined && guid !== answer.guid) {
				throw new Fault('bus-unreachable', {address, reason: 'other-guid'});
			}
			open = true;
			clearTimeout(timer);
			resolve({
				address,
				guid: answer.guid,
				passesFds: answer.passesFds,
				inode: inodeOf(socket),
				send: (message) => void socket.write(message),
				close() {
					closedByUs = true;
					// What was said last must go out: a stand-in's answers, for one.
					socket.destroySoon();
				},
			});
			splitter.push(rest);
		}

		function fail(reason: unknown): void {
			failure ??= reason;
			socket.destroy();
		}
	});
}

/** Node's sockets tell their descriptor to nobody but their handle. */
function inodeOf(socket: net.Socket): number {
	const {fd} = (socket as net.Socket & {_handle: {fd: number}})._handle;
	return fstatSync(fd).ino;
}

function unreachable(address: string, reason: unknown): Fault<'bus-unreachable'> {
	const text = reasonOf(reason);
	return new Fault(
		'bus-unreachable',
		{address, reason: hangUps.includes(text) ? 'closed' : text},
		{cause: reason},
	);
}

function lostReason(error: unknown): string {
	const text = reasonOf(error ?? 'disconnected');
	return hangUps.includes(text) ? 'disconnected' : text;
}

/** The other side went away, which is seen while reading or while writing. */
const hangUps = ['EPIPE', 'ECONNRESET'];

/** An errno name or one of our own reason keys where there is one (`i18n` knows both), else the raw text. */
function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	return (error as NodeJS.ErrnoException).code ?? error.message;
}
