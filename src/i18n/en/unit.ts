import type {UnitChange} from '../../session/events.js';
import type {FaultTexts} from './faults.js';

/** systemd units: what is done with them, and what goes wrong with them. */
export const unit = {
	options: {
		stopUnit: 'if another instance of its systemd unit runs, stop that first',
	},
	takingPlace: (name: string) => `systemd: taking the place of the main process of ${name} …`,
	column: 'UNIT',
	label: 'its unit now',
	changes: {
		held: (name: string, pid: number) =>
			`systemd: ${name} stays active; process ${pid} of ours is its main process meanwhile`,
		started: (name: string, pid: number) =>
			`systemd: ${name} is starting; process ${pid} of ours keeps the place of its main process`,
		returned: (name: string, pid: number) => `systemd: process ${pid} is the main process of ${name} again`,
		stopped: (name: string) => `systemd: ${name} was stopped; the frozen process is given up`,
	} satisfies Record<UnitChange, (name: string, pid: number) => string>,
	stays: (name: string) =>
		`  ${name} stays active; "systemctl stop" and "restart" give the frozen process up.`,
	mainAgain: (name: string) => `  ${name} is active, with it as its main process.`,
	wasStarted: (name: string) => `  ${name} was started for it, and it is its main process.`,
	givenUp: 'given up: its unit was stopped',
	givenUpRemains: (name: string) =>
		`${name} was given up when its unit was stopped. Its images are intact: thaw it, and the unit is started with it.`,
	leftSettings: 'settings of a systemd unit that a dead keeper had changed',
	warnings: {
		'unit-stopped': ({unit: name}) =>
			`${name} was stopped by systemd while it was frozen: the process is given up, its names are free, its images stay`,
		'unit-not-returned': ({unit: name, reason}) =>
			`systemd does not take the process as the main process of ${name} (${reason}): it runs, but "systemctl stop" may not end it`,
		'unit-not-restored': ({unit: name, reason}) =>
			`the settings of ${name} could not be put as they were (${reason}): run "dbusfreeze-tui checkpoints repair"`,
		'unit-unknown': ({unit: name}) =>
			`systemd here knows no unit ${name}: the thawed process is not supervised by it`,
		'journal-anew': ({streams}) => `its output goes to the journal over ${streams} new connection(s)`,
	} as Record<string, (params: Record<string, string | number>) => string>,
	findings: {
		'unit-main': ({unit: name, type, watchdogMs}) =>
			`it is the main process of ${name} (Type=${type}${Number(watchdogMs) > 0 ? `, watchdog ${watchdogMs} ms` : ''}), which stays active meanwhile`,
		'unit-drop-in': ({unit: name}) =>
			`${name} lets nobody speak for it (NotifyAccess=none): this is changed until the thaw, with a daemon-reload before and after`,
		'unit-other': ({unit: name, main}) =>
			`it belongs to ${name}, whose main process is ${main}: systemd is told nothing`,
		'unit-foreign': ({unit: name}) =>
			`${name} is of a user's own systemd: that sees its process end, and may start another`,
	} as Record<string, (params: Record<string, string | number>) => string>,
	faults: {
		'no-systemd': ({reason}) => ({
			message:
				reason === 'not-booted'
					? 'systemd is not the init of this system.'
					: `systemd cannot be reached: ${reason}.`,
			hint: 'Name the target by a bus name or as pid:N.',
		}),
		'unit-inactive': ({unit: name, state}) => ({
			message: `${name} has no process that could be frozen: it is ${state}.`,
			hint: `Start it first: systemctl start ${name}`,
		}),
		'unit-refused': ({unit: name, reason}) => ({
			message:
				reason === 'main-pid'
					? `systemd did not take another process as the main process of ${name}.`
					: `The place of the main process of ${name} could not be taken: ${reason === 'no-cgroup' ? 'its cgroup is not visible here' : reason}.`,
			hint: `See "journalctl -u ${name}".`,
		}),
		'unit-stopped': ({unit: name}) => ({
			message: `${name} was stopped or restarted in the middle of the freeze.`,
			hint: 'Freeze it again when it runs.',
		}),
		'unit-active': ({unit: name, pid, state}) => ({
			message: `${name} is ${state} without the frozen process${pid > 0 ? ` (process ${pid})` : ''}.`,
			hint: 'Two instances cannot run: add --stop-unit to stop that one first; its state is lost.',
		}),
		'unit-not-started': ({unit: name, result}) => ({
			message: `systemd did not start ${name} for the thaw (${result}).`,
			hint: `See "journalctl -u ${name}". Its settings are as they were; try again.`,
		}),
	} satisfies Partial<FaultTexts>,
};
