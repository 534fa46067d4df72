import test from 'ava';
import {parseCgroup, unitOf} from '../../src/process/unit.js';

test('a cgroup tells the unit, and the unit the desktop file', (t) => {
	const v2 = (path: string) => parseCgroup(`0::${path}\n`);
	t.deepEqual(v2('/system.slice/NetworkManager.service'), {unit: 'NetworkManager.service'});
	t.deepEqual(v2('/system.slice/docker.service/payload/nested'), {unit: 'docker.service'});
	t.deepEqual(v2('/user.slice/user-1000.slice/session-2.scope'), {unit: 'session-2.scope'});
	t.deepEqual(v2('/'), {});
	t.deepEqual(parseCgroup(''), {});
	const app = (unit: string) =>
		v2(`/user.slice/user-1000.slice/user@1000.service/app.slice/${unit}`).desktopId;
	t.is(
		app('app-gnome-org.gnome.Evolution\\x2dalarm\\x2dnotify-2059.scope'),
		'org.gnome.Evolution-alarm-notify',
	);
	t.is(app('app-org.kde.konsole-4711.scope'), 'org.kde.konsole');
	t.is(app('app-flatpak-org.mozilla.firefox-3306.scope'), 'org.mozilla.firefox');
	t.is(app('app-org.gnome.Terminal@1a2b.service'), 'org.gnome.Terminal');
	t.is(app('app-gnome-nm\\x2dapplet@autostart.service'), 'nm-applet');
	t.is(app('snap.firefox.firefox-0b5c9b32-7b0f-4f0b-8a53-0d0c64ad2f4d.scope'), 'firefox_firefox');
	t.is(app('dbus.service'), undefined);
});

test('the hierarchy of cgroup v1 that systemd keeps counts, no other', (t) => {
	const text = '11:memory:/docker/x.scope\n1:name=systemd:/system.slice/cron.service\n0::/\n';
	t.deepEqual(parseCgroup(text), {unit: 'cron.service'});
	t.deepEqual(parseCgroup('2:cpuset:/a.service\n'), {});
});

test('a process that is gone has none', (t) => {
	t.deepEqual(unitOf(2 ** 22 + 1), {});
	t.notThrows(() => unitOf(process.pid));
});
