import {Fault, type ProcessState} from '../common/fault.js';
import {BusError} from '../dbus/calls.js';
import type {Operation} from './events.js';
import type {SessionParts} from './parts.js';

/** The fault of an operation that was aborted at a stage, by whomever the gatekeeper names. */
export function abortFault(
	{gatekeeper}: SessionParts,
	operation: Operation,
	stage: string | undefined,
	processState: ProcessState,
): Fault {
	const by =
		gatekeeper.abortedBy === 'front-end-lost'
			? 'front-end'
			: gatekeeper.abortedBy === 'signal'
				? 'signal'
				: 'operator';
	return new Fault('aborted', {operation, by}, {processState, ...(stage === undefined ? {} : {stage})});
}

/** Any error as a fault; one that we did not throw on purpose is a full disk, a daemon that has ended, or a defect. */
export function asFault(error: unknown, processState: ProcessState, checkpoint: string): Fault {
	if (error instanceof Fault) return error;
	const {code, message} = error as NodeJS.ErrnoException;
	if (code === 'ENOSPC' || code === 'EDQUOT')
		return new Fault('disk-full', {path: checkpoint}, {processState, cause: error});
	// A daemon that ends in the middle of it.
	if (error instanceof BusError && error.lostBus !== undefined)
		return new Fault(
			'bus-unreachable',
			{address: error.lostBus, reason: message},
			{processState, cause: error},
		);
	return new Fault('internal', {detail: message}, {processState, cause: error});
}
