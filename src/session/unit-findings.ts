import type {UnitExamination} from '../systemd/examine.js';
import type {ClassedFinding} from './preflight/findings.js';

/** What is worth knowing of the target's systemd unit before a freeze. Pure. */
export function unitFindings(examination: UnitExamination | undefined): ClassedFinding[] {
	if (!examination) return [];
	const {unit, role, state} = examination;
	if (role === 'foreign') return [{class: 'changes', finding: 'unit-foreign', params: {unit}}];
	if (role === 'other')
		return [{class: 'note', finding: 'unit-other', params: {unit, main: state?.mainPid ?? 0}}];
	const watchdogMs = Math.round((state?.watchdogUsec ?? 0) / 1000);
	const isChanged = state?.notifyAccess === 'none';
	return [
		{class: 'note', finding: 'unit-main', params: {unit, type: state?.type ?? '', watchdogMs}},
		...(isChanged ? [{class: 'note' as const, finding: 'unit-drop-in', params: {unit}}] : []),
	];
}
