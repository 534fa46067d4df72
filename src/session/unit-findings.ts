import type {UnitExamination} from '../systemd/examine.js';
import type {Finding} from './preflight.js';

/** What is worth knowing of the target's systemd unit before a freeze. Pure. */
export function unitFindings(examination: UnitExamination | undefined): Finding[] {
	if (!examination) return [];
	const {unit, role, state, neighbours} = examination;
	if (role === 'foreign') return [{finding: 'unit-foreign', params: {unit}}];
	const findings: Finding[] = [];
	const watchdogMs = Math.round((state?.watchdogUsec ?? 0) / 1000);
	if (role === 'main') {
		findings.push({finding: 'unit-main', params: {unit, type: state?.type ?? '', watchdogMs}});
		if (state?.notifyAccess === 'none') findings.push({finding: 'unit-drop-in', params: {unit}});
	} else findings.push({finding: 'unit-other', params: {unit, main: state?.mainPid ?? 0}});
	if (neighbours.length > 0)
		findings.push({finding: 'unit-neighbours', params: {unit, pids: neighbours.join(', ')}});
	return findings;
}
