import {NotificationType, RequestType, RequestType0, ResponseError} from 'vscode-jsonrpc/node';
import {Fault, type FaultData} from '../common/fault.js';
import type {Moment, Snapshot} from '../context/model.js';
import type {CriuBinary} from '../criu/find.js';
import type {BusLocation} from '../dbus/address.js';
import type {Policy} from '../dbus/held/connection.js';
import type {WaitingPage} from '../dbus/held/service.js';
import type {Decision, FreezeResult, SessionEvent, ThawResult} from '../session/events.js';
import type {FreezeOptions, ThawOptions} from '../session/options.js';

/**
 * What a keeper is told when it starts, as one JSON document on its standard input. Afterwards front ends talk
 * to it in JSON-RPC over `keeper.sock` in the checkpoint's folder.
 */
export interface KeeperConfig {
	/** The checkpoint's folder, freshly made. */
	checkpoint: string;
	bus: BusLocation;
	/** Where the checkpoints of all keepers are. */
	stateDir: string;
	criu: CriuBinary;
}

/** The line a keeper prints when its socket accepts front ends. */
export const readyLine = 'ready';

/** The front end that asks for a freeze or a thaw drives it: if it goes away, what can be undone is undone. */
export const freezeRequest = new RequestType<FreezeOptions, FreezeResult, FaultData>('freeze');
export const thawRequest = new RequestType<ThawOptions, ThawResult, FaultData>('thaw');
/** A freeze and the thaw right after it, in one: nobody is asked in between. */
export const cycleRequest = new RequestType<FreezeOptions, ThawResult, FaultData>('cycle');

/** Who the keeper is on the bus: a front end that shows traffic leaves it out. */
export interface Subscribed {
	busName: string;
}

export interface WaitingRange {
	/** From 0, in the order of delivery. */
	first: number;
	count: number;
}

/** All past events follow as notifications, then each new one. */
export const subscribeRequest = new RequestType0<Subscribed, FaultData>('subscribe');
export const snapshotRequest = new RequestType<Moment, Snapshot | null, FaultData>('snapshot');
/** Lets go of everything held and ends the keeper: the frozen process is given up. */
export const releaseRequest = new RequestType0<void, FaultData>('release');
/** Changes what becomes of calls to a frozen service. */
export const policyRequest = new RequestType<Policy, void, FaultData>('policy');
/** A part of the list of messages that wait for a frozen service. */
export const waitingRequest = new RequestType<WaitingRange, WaitingPage, FaultData>('waiting');
export const decideRequest = new RequestType<Decision, void, FaultData>('decide');
export const continueAllNotification = new NotificationType<void>('continueAll');
/** Ctrl-C in the front end: abort where that is possible. */
export const interruptNotification = new NotificationType<void>('interrupt');
export const eventNotification = new NotificationType<SessionEvent>('event');

/** JSON-RPC leaves -32000…-32099 to applications; the fault itself is in `data`. */
const faultCode = -32000;

export function toResponseError(fault: Fault): ResponseError<FaultData> {
	return new ResponseError(faultCode, fault.message, fault.toJSON());
}

/** The fault a request failed with; undefined: no answer of the keeper's, so it has gone away in the middle. */
export function faultOf(error: unknown): Fault | undefined {
	const isOurs = error instanceof ResponseError && error.code === faultCode;
	return isOurs ? Fault.from(error.data as FaultData) : undefined;
}
