import {escapeText} from '../common/escape.js';
import {Fault, type FaultCode} from '../common/fault.js';
import type {FaultText} from '../i18n/en/faults.js';
import {messages} from '../i18n/index.js';
import {stateText} from '../i18n/state-text.js';
import type {CommandContext} from './context.js';
import {jsonText} from './json.js';

/** Prints what went wrong, the way the contract says, and returns the exit code. */
export function reportError(error: unknown, {json, stdout, stderr}: CommandContext): number {
	if ((error as NodeJS.ErrnoException).code === 'EPIPE') return 0; // the reader has seen enough
	const fault =
		error instanceof Fault
			? error
			: new Fault('internal', {detail: (error as Error).message}, {cause: error});
	const text = faultText(fault);
	if (json) {
		const {code, stage = null, processState} = fault;
		stdout.write(`${jsonText({ok: false, error: {code, ...text, stage, processState}})}\n`);
	} else {
		const {atStage} = messages().faults;
		const where = fault.stage === undefined ? '' : ` (${atStage(escapeText(fault.stage))})`;
		stderr.write(`dbusfreeze-tui: ${text.message}${where}\n`);
		stderr.write(`  ${stateText(fault)}\n  ${text.hint}\n`);
	}
	if (fault.code === 'internal' && process.env.DBUSFREEZE_DEBUG) stderr.write(`${(error as Error).stack}\n`);
	return fault.exitCode;
}

/** The fault's sentences, safe to print: parameters come from processes and the bus. */
export function faultText(fault: Fault): FaultText {
	const render = messages().faults.texts[fault.code] as (params: Fault<FaultCode>['params']) => FaultText;
	const {message, hint} = render(fault.params);
	return {message: escapeText(message), hint: escapeText(hint)};
}

export function printJson({stdout}: CommandContext, document: unknown): void {
	stdout.write(`${jsonText(document)}\n`);
}
