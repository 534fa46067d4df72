import {readText} from './read.js';

/** What systemd, or a desktop that follows its naming, calls a process. */
export interface UnitFacts {
	/** E.g. `NetworkManager.service`, `app-gnome-org.gnome.Terminal-1234.scope`. */
	unit?: string;
	/** Id of the desktop file without `.desktop`, e.g. `org.gnome.Terminal`. */
	desktopId?: string;
}

/** The unit that a process runs in, by its cgroup; empty without systemd, and for a process that is gone. */
export function unitOf(pid: number): UnitFacts {
	return parseCgroup(readText(`/proc/${pid}/cgroup`) ?? '');
}

/** Of the text of /proc/PID/cgroup: cgroup v2 (`0::/path`), or the hierarchy of v1 that systemd keeps for itself. */
export function parseCgroup(text: string): UnitFacts {
	const paths = text.split('\n').map((line) => /^\d+:(?:|name=systemd):(\/.*)$/.exec(line)?.[1] ?? '');
	for (const path of paths) {
		// A unit may have made cgroups of its own below: the deepest part that is a unit counts.
		const unit = path.split('/').findLast((part) => /.\.(service|scope)$/.test(part));
		if (unit === undefined) continue;
		const desktopId = desktopIdOf(unit);
		return {unit, ...(desktopId === undefined ? {} : {desktopId})};
	}
	return {};
}

/**
 * Desktops name the units of applications `app[-LAUNCHER]-ID[@RANDOM].service` or `app[-LAUNCHER]-ID-RANDOM.scope`
 * (https://systemd.io/DESKTOP_ENVIRONMENTS), with `-` within a part written `\x2d`; snapd names its scopes
 * `snap.NAME.APP-RANDOM.scope`, and the desktop file `NAME_APP`.
 */
function desktopIdOf(unit: string): string | undefined {
	const snap = /^snap\.([^.]+)\.([^.]+?)-[0-9a-f-]+\.scope$/.exec(unit);
	if (snap) return `${snap[1]}_${snap[2]}`;
	const parts = /^app-(.+?)(?:@[^@]*\.service|-[^-]+\.scope|\.service)$/.exec(unit)?.[1]?.split('-');
	return parts
		?.at(-1)
		?.replace(/\\x([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
