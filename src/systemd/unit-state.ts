import {type Value, Variant} from '../dbus/wire/reader.js';

/** What systemd says of a unit, as far as freezing needs it. Texts are as received: escape before printing. */
export interface UnitState {
	name: string;
	/** `loaded`, `not-found`, `masked` … */
	loadState: string;
	/** `active`, `inactive`, `failed`, `activating` … */
	activeState: string;
	subState: string;
	/** 0: it has none. */
	mainPid: number;
	/** `simple`, `notify`, `dbus` …; empty: it is no service. */
	type: string;
	/** Whose messages count: `none`, `main`, `exec`, `all`. */
	notifyAccess: string;
	/** Microseconds within which it must say that it lives; 0: it need not. */
	watchdogUsec: number;
	/** Signal numbers by which systemd ends it. */
	endSignals: number[];
	statusText: string;
	/** `success`, or why it failed. */
	result: string;
	/** What is in memory may be another thing than what is on disk. */
	needsReload: boolean;
	dropIns: string[];
}

export const unitInterfaces = ['org.freedesktop.systemd1.Unit', 'org.freedesktop.systemd1.Service'] as const;

/** @param groups the properties of each of `unitInterfaces`, as `GetAll` tells them. */
export function unitState(groups: ReadonlyArray<ReadonlyMap<Value, Value>>): UnitState {
	const get = (name: string): Value | undefined => {
		const found = groups.find((group) => group.has(name))?.get(name);
		return found instanceof Variant ? (found.value as Value) : found;
	};
	const text = (name: string) => String(get(name) ?? '');
	const number = (name: string) => Number(get(name) ?? 0);
	return {
		name: text('Id'),
		loadState: text('LoadState'),
		activeState: text('ActiveState'),
		subState: text('SubState'),
		mainPid: number('MainPID'),
		type: text('Type'),
		notifyAccess: text('NotifyAccess'),
		watchdogUsec: finite(get('WatchdogUSec')),
		endSignals: ['KillSignal', 'RestartKillSignal', 'FinalKillSignal'].map(number).filter((n) => n > 0),
		statusText: text('StatusText'),
		result: text('Result'),
		needsReload: get('NeedDaemonReload') === true,
		dropIns: ((get('DropInPaths') ?? []) as Value[]).map(String),
	};
}

/** systemd writes "for ever" as the largest number. */
function finite(value: Value | undefined): number {
	const number = Number(value ?? 0);
	return number < Number.MAX_SAFE_INTEGER ? number : 0;
}
