import {setTimeout as delay} from 'node:timers/promises';
import {Fault} from '../../common/fault.js';
import {O_NONBLOCK, setStatusFlags} from '../../kernel/descriptor.js';
import {SystemCallError} from '../../kernel/errors.js';
import {SOL_SOCKET, SocketOption, setSocketOption} from '../../kernel/socket.js';
import {BusError} from '../calls.js';
import type {HeldMessage, HeldReader} from '../held/reader.js';
import {nameAnswer, nameFlag, nobodyOwns} from '../request-name.js';
import {Line} from './line.js';
import type {SavedSocket} from './saved.js';

/** A daemon learns in its own time that the old connection, which owned the name, has ended; milliseconds. */
const releaseLimitMs = 500;
const lookMs = 2;

export interface LostConnection {
	/** Where its bus is now. */
	address: string;
	/** As whom it was connected. */
	uid: number;
	/** position 0 = it owned the name, n = it waited for it. */
	names: ReadonlyArray<{name: string; position: number}>;
	/** null: the daemon did not tell. */
	matchRules: readonly string[] | null;
	socket: SavedSocket;
}

export interface Reconnected {
	reader: HeldReader;
	uniqueName: string;
	/** The daemon's id. */
	guid: string;
	/** What came for the service since. */
	kept: HeldMessage[];
}

/** A new client of a daemon, which has nothing yet. */
export interface Newcomer {
	line: Line;
	uniqueName: string;
}

/**
 * Makes a client of a daemon of a socket that was just connected to it.
 * @param fd ours; when this or what follows fails, nothing is left of the attempt once it is closed.
 * @throws Fault `bus-unreachable`.
 */
export async function greet(fd: number, {address, uid}: LostConnection): Promise<Newcomer> {
	const line = await Line.open(fd, address, uid);
	const [uniqueName] = await line.ask('Hello');
	return {line, uniqueName: String(uniqueName)};
}

/**
 * Gives it what its service had: same rules, same names, same socket options. Flags of names cannot be read from a
 * daemon, so they are 0: what only mattered to others (that they may replace it) is lost.
 * @throws Fault `bus-unreachable`, `name-owned` (somebody else has a name of it by now), `bus-refused`.
 */
export async function reconnect({line, uniqueName}: Newcomer, lost: LostConnection): Promise<Reconnected> {
	await refusedIs(lost, async () => {
		for (const rule of lost.matchRules ?? []) await line.ask('AddMatch', 's', [rule]);
		for (const name of byPosition(lost.names)) await requestName(line, name);
	});
	const [guid] = await line.ask('GetId');
	applyOptions(line.reader.fd, lost.socket);
	return {reader: line.reader, uniqueName, guid: String(guid), kept: line.kept};
}

/** Owned ones first: who waits for a name has time. */
function byPosition(names: LostConnection['names']): LostConnection['names'] {
	return [...names].sort((a, b) => a.position - b.position);
}

async function requestName(line: Line, {name, position}: {name: string; position: number}): Promise<void> {
	const end = performance.now() + releaseLimitMs;
	while (position === 0) {
		const [answer] = await line.ask('RequestName', 'su', [name, nameFlag.doNotQueue]);
		if (answer === nameAnswer.owner || answer === nameAnswer.already) break;
		const owner = await ownerOf(line, name);
		if (performance.now() > end) throw new Fault('name-owned', {name, owner}, {processState: 'frozen'});
		await delay(lookMs);
	}
	await line.ask('RequestName', 'su', [name, 0]);
}

/** Empty: nobody, who may just have left. */
async function ownerOf(line: Line, name: string): Promise<string> {
	try {
		return String((await line.ask('GetNameOwner', 's', [name]))[0]);
	} catch (error) {
		if (error instanceof BusError && error.errorName === nobodyOwns) return '';
		throw error;
	}
}

/** A bus's policy may have changed since. */
async function refusedIs({address}: LostConnection, work: () => Promise<void>): Promise<void> {
	try {
		await work();
	} catch (error) {
		if (!(error instanceof BusError)) throw error;
		const {errorName, message} = error;
		throw new Fault('bus-refused', {address, reason: `${errorName}: ${message}`}, {processState: 'frozen'});
	}
}

function applyOptions(fd: number, saved: SavedSocket): void {
	// The kernel doubles what it is told.
	setForced(fd, SocketOption.sendBufferForce, SocketOption.sendBuffer, saved.sendBuffer / 2);
	setForced(fd, SocketOption.receiveBufferForce, SocketOption.receiveBuffer, saved.receiveBuffer / 2);
	setSocketOption(fd, SOL_SOCKET, SocketOption.passCredentials, saved.passCredentials);
	setSocketOption(fd, SOL_SOCKET, SocketOption.passSecurity, saved.passSecurity);
	setStatusFlags(fd, saved.flags & O_NONBLOCK);
}

/** Beyond the system's limit only with CAP_NET_ADMIN. */
function setForced(fd: number, forced: number, usual: number, bytes: number): void {
	try {
		setSocketOption(fd, SOL_SOCKET, forced, bytes);
	} catch (error) {
		if (!(error instanceof SystemCallError && error.code === 'EPERM')) throw error;
		setSocketOption(fd, SOL_SOCKET, usual, bytes);
	}
}
