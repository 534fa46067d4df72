import {Fault} from '../common/fault.js';
import {SystemManager} from './manager.js';

/** Whether a target's name is that of a service unit; a bus name can look like one, too. */
export function isUnitName(text: string): boolean {
	return /^[\w:.\\@-]+\.service$/.test(text);
}

/**
 * The main process of a service unit, `NAME.service`; `NAME@.service` means the one instance of the template that
 * there is.
 * Throws `no-target`, `ambiguous-target`, `unit-inactive`, `no-systemd`.
 */
export function mainProcessOf(text: string): Promise<number> {
	return SystemManager.use(async (manager) => {
		const isTemplate = text.endsWith('@.service');
		const names = isTemplate ? await manager.names(text.replace('@.', '@*.')) : [text];
		if (names.length > 1) throw new Fault('ambiguous-target', {target: text, candidates: names});
		const state = names[0] === undefined ? undefined : await manager.unit(names[0]);
		if (!state) throw new Fault('no-target', {target: text});
		if (state.mainPid === 0) throw new Fault('unit-inactive', {unit: state.name, state: state.activeState});
		return state.mainPid;
	});
}
