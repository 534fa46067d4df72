import {Variant} from '../src/dbus/wire/reader.js';
import type {AsUnit, Call, Emission, OnOwnBus} from './model.js';

/*
 * The services of the survey, one entry each; where a package of it is not in this release of Debian, it is left out.
 * All calls change nothing that others have, all are answered without an authorisation.
 */

const properties = 'org.freedesktop.DBus.Properties';

/** What every object answers. */
const ping = (path: string): Call => ({path, interface: 'org.freedesktop.DBus.Peer', member: 'Ping'});

const get = (path: string, of: string, name: string): Call => ({
	path,
	interface: properties,
	member: 'Get',
	signature: 'ss',
	body: [of, name],
});

const getAll = (path: string, of: string): Call => ({
	path,
	interface: properties,
	member: 'GetAll',
	signature: 's',
	body: [of],
});

const call = (path: string, of: string, member: string, signature = '', ...body: unknown[]): Call => ({
	path,
	interface: of,
	member,
	signature,
	body,
});

/** PropertiesChanged after a property was set. */
const set = (
	path: string,
	of: string,
	name: string,
	type: string,
	value: (round: number) => unknown,
): Emission => ({
	interface: properties,
	member: 'PropertiesChanged',
	by: (round) => ({
		path,
		interface: properties,
		member: 'Set',
		signature: 'ssv',
		body: [of, name, new Variant(type, value(round) as never)],
	}),
});

const libexec = '/usr/libexec';
const systemdDir = '/lib/systemd';

export const servicesOnOwnBus: readonly OnOwnBus[] = [
	{
		key: 'hostnamed',
		packages: ['systemd'],
		argv: [`${systemdDir}/systemd-hostnamed`],
		// Where it listens for varlink, from systemd 257 on.
		prepare: 'mkdir -p /run/systemd',
		busName: 'org.freedesktop.hostname1',
		call: get('/org/freedesktop/hostname1', 'org.freedesktop.hostname1', 'Hostname'),
		signal: {
			interface: properties,
			member: 'PropertiesChanged',
			by: (round) =>
				call(
					'/org/freedesktop/hostname1',
					'org.freedesktop.hostname1',
					'SetDeployment',
					'sb',
					`survey-${round}`,
					false,
				),
		},
	},
	{
		key: 'localed',
		packages: ['systemd'],
		argv: [`${systemdDir}/systemd-localed`],
		busName: 'org.freedesktop.locale1',
		call: get('/org/freedesktop/locale1', 'org.freedesktop.locale1', 'Locale'),
	},
	{
		key: 'timedated',
		packages: ['systemd'],
		argv: [`${systemdDir}/systemd-timedated`],
		busName: 'org.freedesktop.timedate1',
		call: get('/org/freedesktop/timedate1', 'org.freedesktop.timedate1', 'Timezone'),
	},
	{
		key: 'machined',
		packages: ['systemd-container'],
		argv: [`${systemdDir}/systemd-machined`],
		busName: 'org.freedesktop.machine1',
		call: call('/org/freedesktop/machine1', 'org.freedesktop.machine1.Manager', 'ListMachines'),
	},
	{
		key: 'importd',
		packages: ['systemd-container'],
		argv: [`${systemdDir}/systemd-importd`],
		busName: 'org.freedesktop.import1',
		call: call('/org/freedesktop/import1', 'org.freedesktop.import1.Manager', 'ListTransfers'),
	},
	{
		key: 'portabled',
		packages: ['systemd-container'],
		argv: [`${systemdDir}/systemd-portabled`],
		busName: 'org.freedesktop.portable1',
		call: call('/org/freedesktop/portable1', 'org.freedesktop.portable1.Manager', 'ListImages'),
	},
	{
		key: 'ratbagd',
		packages: ['ratbagd'],
		argv: ['/usr/bin/ratbagd'],
		busName: 'org.freedesktop.ratbag1',
		call: get('/org/freedesktop/ratbag1', 'org.freedesktop.ratbag1.Manager', 'APIVersion'),
	},
	{
		key: 'polkitd',
		packages: ['polkitd'],
		argv: ['/usr/lib/polkit-1/polkitd', '--no-debug'],
		busName: 'org.freedesktop.PolicyKit1',
		call: get('/org/freedesktop/PolicyKit1/Authority', 'org.freedesktop.PolicyKit1.Authority', 'BackendName'),
	},
	{
		key: 'accounts-daemon',
		packages: ['accountsservice'],
		argv: [`${libexec}/accounts-daemon`],
		needs: ['polkitd'],
		busName: 'org.freedesktop.Accounts',
		call: call('/org/freedesktop/Accounts', 'org.freedesktop.Accounts', 'ListCachedUsers'),
	},
	{
		key: 'upower',
		packages: ['upower'],
		argv: [`${libexec}/upowerd`],
		busName: 'org.freedesktop.UPower',
		call: call('/org/freedesktop/UPower', 'org.freedesktop.UPower', 'EnumerateDevices'),
	},
	{
		key: 'udisks2',
		packages: ['udisks2'],
		argv: [`${libexec}/udisks2/udisksd`, '--no-debug'],
		busName: 'org.freedesktop.UDisks2',
		call: get('/org/freedesktop/UDisks2/Manager', 'org.freedesktop.UDisks2.Manager', 'Version'),
	},
	{
		key: 'colord',
		packages: ['colord'],
		argv: [`${libexec}/colord`],
		busName: 'org.freedesktop.ColorManager',
		call: call('/org/freedesktop/ColorManager', 'org.freedesktop.ColorManager', 'GetProfiles'),
		signal: {
			interface: 'org.freedesktop.ColorManager',
			member: 'DeviceAdded',
			by: (round) =>
				call(
					'/org/freedesktop/ColorManager',
					'org.freedesktop.ColorManager',
					'CreateDevice',
					'ssa{ss}',
					`survey-${round}`,
					'temp',
					{Kind: 'printer'},
				),
		},
	},
	{
		key: 'rtkit',
		packages: ['rtkit'],
		argv: [`${libexec}/rtkit-daemon`],
		busName: 'org.freedesktop.RealtimeKit1',
		call: get('/org/freedesktop/RealtimeKit1', 'org.freedesktop.RealtimeKit1', 'MaxRealtimePriority'),
	},
	{
		key: 'avahi',
		packages: ['avahi-daemon'],
		argv: ['/usr/sbin/avahi-daemon', '--no-rlimits'],
		prepare:
			'mkdir -p /run/avahi-daemon && chown avahi:avahi /run/avahi-daemon && rm -f /run/avahi-daemon/pid',
		busName: 'org.freedesktop.Avahi',
		call: call('/', 'org.freedesktop.Avahi.Server', 'GetHostName'),
		signal: {
			interface: 'org.freedesktop.Avahi.Server',
			member: 'StateChanged',
			by: (round) => call('/', 'org.freedesktop.Avahi.Server', 'SetHostName', 's', `survey-${round}`),
		},
	},
	{
		key: 'wpa_supplicant',
		packages: ['wpasupplicant'],
		argv: ['/sbin/wpa_supplicant', '-u', '-s', '-O', '/run/wpa_supplicant'],
		busName: 'fi.w1.wpa_supplicant1',
		call: get('/fi/w1/wpa_supplicant1', 'fi.w1.wpa_supplicant1', 'DebugLevel'),
		signal: set('/fi/w1/wpa_supplicant1', 'fi.w1.wpa_supplicant1', 'DebugLevel', 's', (round) =>
			round % 2 === 0 ? 'warning' : 'debug',
		),
	},
	{
		key: 'NetworkManager',
		packages: ['network-manager'],
		argv: ['/usr/sbin/NetworkManager', '--no-daemon'],
		busName: 'org.freedesktop.NetworkManager',
		call: call('/org/freedesktop/NetworkManager', 'org.freedesktop.NetworkManager', 'GetAllDevices'),
	},
	{
		key: 'nm-dispatcher',
		packages: ['network-manager'],
		argv: ['/usr/lib/NetworkManager/nm-dispatcher', '--persist'],
		busName: 'org.freedesktop.nm_dispatcher',
		call: ping('/org/freedesktop/nm_dispatcher'),
	},
	{
		key: 'nm-openvpn',
		packages: ['network-manager-openvpn'],
		argv: ['/usr/lib/NetworkManager/nm-openvpn-service', '--persist'],
		busName: 'org.freedesktop.NetworkManager.openvpn',
		call: get(
			'/org/freedesktop/NetworkManager/VPN/Plugin',
			'org.freedesktop.NetworkManager.VPN.Plugin',
			'State',
		),
	},
	{
		key: 'ModemManager',
		packages: ['modemmanager'],
		argv: ['/usr/sbin/ModemManager'],
		busName: 'org.freedesktop.ModemManager1',
		call: get('/org/freedesktop/ModemManager1', 'org.freedesktop.ModemManager1', 'Version'),
	},
	{
		key: 'fwupd',
		packages: ['fwupd'],
		argv: ['/usr/libexec/fwupd/fwupd'],
		needs: ['polkitd'],
		busName: 'org.freedesktop.fwupd',
		call: get('/', 'org.freedesktop.fwupd', 'DaemonVersion'),
	},
	{
		key: 'packagekit',
		packages: ['packagekit'],
		argv: ['/usr/libexec/packagekitd', '--keep-environment'],
		needs: ['polkitd'],
		busName: 'org.freedesktop.PackageKit',
		call: get('/org/freedesktop/PackageKit', 'org.freedesktop.PackageKit', 'BackendName'),
	},
	{
		key: 'firewalld',
		packages: ['firewalld'],
		argv: ['/usr/bin/python3', '/usr/sbin/firewalld', '--nofork', '--nopid'],
		needs: ['polkitd'],
		busName: 'org.fedoraproject.FirewallD1',
		call: call('/org/fedoraproject/FirewallD1', 'org.fedoraproject.FirewallD1', 'getDefaultZone'),
	},
	{
		key: 'tuned',
		packages: ['tuned'],
		argv: ['/usr/bin/python3', '/usr/sbin/tuned', '--no-socket'],
		needs: ['polkitd'],
		busName: 'com.redhat.tuned',
		call: call('/Tuned', 'com.redhat.tuned.control', 'profiles'),
	},
	{
		key: 'power-profiles',
		packages: ['power-profiles-daemon'],
		argv: [`${libexec}/power-profiles-daemon`],
		needs: ['polkitd'],
		busName: 'net.hadess.PowerProfiles',
		call: getAll('/net/hadess/PowerProfiles', 'net.hadess.PowerProfiles'),
	},
	{
		key: 'thermald',
		packages: ['thermald'],
		argv: ['/usr/sbin/thermald', '--no-daemon', '--dbus-enable', '--ignore-cpuid-check'],
		busName: 'org.freedesktop.thermald',
		call: ping('/org/freedesktop/thermald'),
	},
	{
		key: 'switcheroo-control',
		packages: ['switcheroo-control'],
		argv: [`${libexec}/switcheroo-control`],
		busName: 'net.hadess.SwitcherooControl',
		call: getAll('/net/hadess/SwitcherooControl', 'net.hadess.SwitcherooControl'),
	},
	{
		key: 'geoclue',
		packages: ['geoclue-2.0'],
		argv: [`${libexec}/geoclue`],
		busName: 'org.freedesktop.GeoClue2',
		call: get('/org/freedesktop/GeoClue2/Manager', 'org.freedesktop.GeoClue2.Manager', 'InUse'),
	},
	{
		key: 'realmd',
		packages: ['realmd'],
		argv: ['/usr/libexec/realmd', '--debug'],
		needs: ['polkitd'],
		busName: 'org.freedesktop.realmd',
		call: get('/org/freedesktop/realmd', 'org.freedesktop.realmd.Provider', 'Name'),
	},
	{
		key: 'bolt',
		packages: ['bolt'],
		argv: ['/usr/libexec/boltd'],
		// Its unit's StateDirectory.
		prepare: 'mkdir -p /var/lib/boltd',
		busName: 'org.freedesktop.bolt',
		call: get('/org/freedesktop/bolt', 'org.freedesktop.bolt1.Manager', 'Version'),
	},
	{
		key: 'dnsmasq',
		packages: ['dnsmasq-base'],
		argv: [
			'/usr/sbin/dnsmasq',
			'--keep-in-foreground',
			'--enable-dbus',
			'--port=5353',
			'--user=root',
			'--no-resolv',
			'--no-poll',
			'--pid-file=',
		],
		busName: 'uk.org.thekelleys.dnsmasq',
		call: call('/uk/org/thekelleys/dnsmasq', 'uk.org.thekelleys.dnsmasq', 'GetVersion'),
	},
	{
		key: 'connman',
		packages: ['connman'],
		argv: ['/usr/sbin/connmand', '--nodaemon', '--noplugin=vpn', '--nodnsproxy'],
		busName: 'net.connman',
		call: call('/', 'net.connman.Manager', 'GetProperties'),
		signal: {
			interface: 'net.connman.Manager',
			member: 'PropertyChanged',
			by: (round) =>
				call(
					'/',
					'net.connman.Manager',
					'SetProperty',
					'sv',
					'OfflineMode',
					new Variant('b', round % 2 !== 0),
				),
		},
	},
	{
		key: 'ofono',
		packages: ['ofono'],
		argv: ['/usr/sbin/ofonod', '--nodetach'],
		busName: 'org.ofono',
		call: call('/', 'org.ofono.Manager', 'GetModems'),
	},
	{
		key: 'snapper',
		known: 'it ends itself when poll(2) returns EINTR, which a restored poll with a time-out does once',
		packages: ['snapper'],
		argv: ['/usr/sbin/snapperd', '--stdout'],
		busName: 'org.opensuse.Snapper',
		call: call('/org/opensuse/Snapper', 'org.opensuse.Snapper', 'ListConfigs'),
	},
	{
		key: 'software-properties',
		packages: ['software-properties-common'],
		argv: ['/usr/bin/python3', '/usr/lib/software-properties/software-properties-dbus'],
		busName: 'com.ubuntu.SoftwareProperties',
		call: {path: '/', interface: 'org.freedesktop.DBus.Introspectable', member: 'Introspect'},
	},
	{
		key: 'lvm2-dbusd',
		packages: ['lvm2-dbusd'],
		argv: ['/usr/bin/python3', '/usr/sbin/lvmdbusd'],
		busName: 'com.redhat.lvmdbus1',
		call: getAll('/com/redhat/lvmdbus1/Manager', 'com.redhat.lvmdbus1.Manager'),
	},
	{
		key: 'input-remapper',
		packages: ['input-remapper-daemon'],
		argv: ['/usr/bin/python3', '/usr/bin/input-remapper-service', '--hide-info'],
		busName: 'inputremapper.Control',
		call: call('/inputremapper/Control', 'inputremapper.Control', 'hello', 's', 'survey'),
	},
	{
		key: 'flatpak-system-helper',
		packages: ['flatpak'],
		argv: [`${libexec}/flatpak-system-helper`, '--no-idle-exit'],
		needs: ['polkitd'],
		busName: 'org.freedesktop.Flatpak.SystemHelper',
		call: getAll('/org/freedesktop/Flatpak/SystemHelper', 'org.freedesktop.Flatpak.SystemHelper'),
	},
	{
		key: 'flatpak-session-helper',
		packages: ['flatpak'],
		argv: [`${libexec}/flatpak-session-helper`],
		busName: 'org.freedesktop.Flatpak',
		call: getAll('/org/freedesktop/Flatpak/SessionHelper', 'org.freedesktop.Flatpak.SessionHelper'),
	},
	{
		key: 'fprintd',
		packages: ['fprintd'],
		argv: [`${libexec}/fprintd`, '--no-timeout'],
		needs: ['polkitd'],
		busName: 'net.reactivated.Fprint',
		call: call('/net/reactivated/Fprint/Manager', 'net.reactivated.Fprint.Manager', 'GetDevices'),
	},
	{
		key: 'obexd',
		packages: ['bluez-obexd'],
		argv: ['/usr/libexec/bluetooth/obexd', '--nodetach'],
		busName: 'org.bluez.obex',
		call: {path: '/', interface: 'org.freedesktop.DBus.Introspectable', member: 'Introspect'},
	},
	{
		key: 'gnome-keyring',
		packages: ['gnome-keyring'],
		argv: ['/usr/bin/gnome-keyring-daemon', '--foreground', '--components=secrets'],
		busName: 'org.freedesktop.secrets',
		call: get('/org/freedesktop/secrets', 'org.freedesktop.Secret.Service', 'Collections'),
	},
	{
		key: 'document-portal',
		packages: ['xdg-desktop-portal', 'fuse3'],
		argv: [`${libexec}/xdg-document-portal`],
		needs: ['permission-store'],
		busName: 'org.freedesktop.portal.Documents',
		call: call('/org/freedesktop/portal/documents', 'org.freedesktop.portal.Documents', 'GetMountPoint'),
	},
	{
		key: 'permission-store',
		packages: ['xdg-desktop-portal'],
		argv: [`${libexec}/xdg-permission-store`],
		busName: 'org.freedesktop.impl.portal.PermissionStore',
		call: getAll(
			'/org/freedesktop/impl/portal/PermissionStore',
			'org.freedesktop.impl.portal.PermissionStore',
		),
		signal: {
			interface: 'org.freedesktop.impl.portal.PermissionStore',
			member: 'Changed',
			by: (round) =>
				call(
					'/org/freedesktop/impl/portal/PermissionStore',
					'org.freedesktop.impl.portal.PermissionStore',
					'Set',
					'sbsa{sas}v',
					'survey',
					true,
					'thing',
					{app: ['yes']},
					new Variant('y', round + 1),
				),
		},
	},
	{
		key: 'desktop-portal',
		packages: ['xdg-desktop-portal'],
		argv: [`${libexec}/xdg-desktop-portal`],
		needs: ['permission-store'],
		busName: 'org.freedesktop.portal.Desktop',
		call: ping('/org/freedesktop/portal/desktop'),
	},
	{
		key: 'dconf',
		packages: ['dconf-service'],
		argv: [`${libexec}/dconf-service`],
		busName: 'ca.desrt.dconf',
		call: getAll('/ca/desrt/dconf/Writer/user', 'ca.desrt.dconf.Writer'),
	},
	{
		key: 'gvfsd',
		packages: ['gvfs-daemons'],
		argv: [`${libexec}/gvfsd`, '--no-fuse'],
		busName: 'org.gtk.vfs.Daemon',
		call: call('/org/gtk/vfs/mounttracker', 'org.gtk.vfs.MountTracker', 'ListMounts2', 'b', false),
	},
	{
		key: 'gvfsd-metadata',
		packages: ['gvfs-daemons'],
		argv: [`${libexec}/gvfsd-metadata`],
		busName: 'org.gtk.vfs.Metadata',
		call: ping('/org/gtk/vfs/metadata'),
	},
	{
		key: 'at-spi-bus',
		packages: ['at-spi2-core', 'dconf-service'],
		argv: [`${libexec}/at-spi-bus-launcher`],
		needs: ['dconf'],
		busName: 'org.a11y.Bus',
		call: call('/org/a11y/bus', 'org.a11y.Bus', 'GetAddress'),
		signal: set('/org/a11y/bus', 'org.a11y.Status', 'IsEnabled', 'b', (round) => round % 2 !== 0),
	},
	{
		key: 'tracker-miner-fs',
		packages: ['tracker-miner-fs'],
		argv: [`${libexec}/tracker-miner-fs-3`],
		busName: 'org.freedesktop.Tracker3.Miner.Files',
		call: call('/org/freedesktop/Tracker3/Miner/Files', 'org.freedesktop.Tracker3.Miner', 'GetStatus'),
	},
	{
		key: 'evolution-sources',
		packages: ['evolution-data-server'],
		argv: [`${libexec}/evolution-source-registry`],
		busName: 'org.gnome.evolution.dataserver.Sources5',
		call: call(
			'/org/gnome/evolution/dataserver/SourceManager',
			'org.freedesktop.DBus.ObjectManager',
			'GetManagedObjects',
		),
	},
	{
		key: 'evolution-addressbook',
		packages: ['evolution-data-server'],
		argv: [`${libexec}/evolution-addressbook-factory`, '--keep-running'],
		needs: ['evolution-sources'],
		busName: 'org.gnome.evolution.dataserver.AddressBook10',
		call: ping('/org/gnome/evolution/dataserver/AddressBookFactory'),
	},
	{
		key: 'evolution-calendar',
		packages: ['evolution-data-server'],
		argv: [`${libexec}/evolution-calendar-factory`, '--keep-running'],
		needs: ['evolution-sources'],
		busName: 'org.gnome.evolution.dataserver.Calendar8',
		call: ping('/org/gnome/evolution/dataserver/CalendarFactory'),
	},
	{
		key: 'goa-daemon',
		packages: ['gnome-online-accounts'],
		argv: ['/usr/libexec/goa-daemon'],
		busName: 'org.gnome.OnlineAccounts',
		call: call('/org/gnome/OnlineAccounts', 'org.freedesktop.DBus.ObjectManager', 'GetManagedObjects'),
	},
	{
		key: 'kded5',
		packages: ['kded5'],
		argv: ['/usr/bin/kded5'],
		busName: 'org.kde.kded5',
		call: call('/kded', 'org.kde.kded5', 'loadedModules'),
	},
	{
		key: 'kwalletd5',
		packages: ['libkf5wallet-bin'],
		argv: ['/usr/bin/kwalletd5'],
		busName: 'org.kde.kwalletd5',
		call: call('/modules/kwalletd5', 'org.kde.KWallet', 'wallets'),
	},
	{
		key: 'kactivitymanagerd',
		packages: ['kactivitymanagerd'],
		argv: ['/usr/lib/x86_64-linux-gnu/libexec/kactivitymanagerd', 'start-daemon'],
		busName: 'org.kde.ActivityManager',
		call: call('/ActivityManager/Activities', 'org.kde.ActivityManager.Activities', 'ListActivities'),
	},
	{
		key: 'baloo',
		packages: ['baloo-kf5'],
		prepare:
			'mkdir -p "$HOME/.config" && printf "[Basic Settings]\\nIndexing-Enabled=true\\n" > "$HOME/.config/baloofilerc"',
		argv: ['/usr/bin/baloo_file'],
		busName: 'org.kde.baloo',
		call: ping('/'),
	},
	{
		key: 'kglobalaccel5',
		packages: ['libkf5globalaccel-bin'],
		argv: ['/usr/bin/kglobalaccel5'],
		busName: 'org.kde.kglobalaccel',
		call: ping('/kglobalaccel'),
	},
	{
		key: 'kiod5',
		packages: ['kio'],
		argv: ['/usr/lib/x86_64-linux-gnu/libexec/kf5/kiod5'],
		busName: 'org.kde.kiod5',
		call: ping('/'),
	},
	{
		key: 'kdeconnectd',
		packages: ['kdeconnect'],
		argv: ['/usr/lib/x86_64-linux-gnu/libexec/kdeconnectd'],
		busName: 'org.kde.kdeconnect',
		call: call('/modules/kdeconnect', 'org.kde.kdeconnect.daemon', 'selfId'),
	},
	{
		key: 'signond',
		packages: ['signond'],
		argv: ['/usr/bin/signond'],
		busName: 'com.google.code.AccountsSSO.SingleSignOn',
		call: ping('/com/google/code/AccountsSSO/SingleSignOn'),
	},
	{
		key: 'mission-control',
		packages: ['telepathy-mission-control-5'],
		argv: ['/usr/lib/telepathy/mission-control-5'],
		busName: 'org.freedesktop.Telepathy.MissionControl5',
		call: getAll('/org/freedesktop/Telepathy/AccountManager', 'org.freedesktop.Telepathy.AccountManager'),
	},
	{
		key: 'zeitgeist',
		packages: ['zeitgeist-core'],
		argv: ['/usr/bin/zeitgeist-daemon', '--no-datahub'],
		busName: 'org.gnome.zeitgeist.Engine',
		call: get('/org/gnome/zeitgeist/log/activity', 'org.gnome.zeitgeist.Log', 'extensions'),
	},
	{
		key: 'fcitx5',
		packages: ['fcitx5'],
		argv: ['/usr/bin/fcitx5', '--disable=wayland,xcb'],
		busName: 'org.fcitx.Fcitx5',
		call: call('/controller', 'org.fcitx.Fcitx.Controller1', 'State'),
	},
	{
		key: 'pulseaudio',
		packages: ['pulseaudio'],
		argv: [
			'/usr/bin/pulseaudio',
			'--daemonize=no',
			'-n',
			'--exit-idle-time=-1',
			'--load=module-null-sink',
			'--load=module-dbus-protocol',
		],
		busName: 'org.PulseAudio1',
		call: get('/org/pulseaudio/server_lookup1', 'org.PulseAudio.ServerLookup1', 'Address'),
	},
	{
		key: 'xfconf',
		packages: ['xfconf'],
		argv: ['/usr/lib/x86_64-linux-gnu/xfce4/xfconf/xfconfd'],
		busName: 'org.xfce.Xfconf',
		call: call('/org/xfce/Xfconf', 'org.xfce.Xfconf', 'ListChannels'),
		signal: {
			interface: 'org.xfce.Xfconf',
			member: 'PropertyChanged',
			by: (round) =>
				call(
					'/org/xfce/Xfconf',
					'org.xfce.Xfconf',
					'SetProperty',
					'ssv',
					'survey',
					'/round',
					new Variant('s', `round ${round}`),
				),
		},
	},
	{
		key: 'tumbler',
		packages: ['tumbler'],
		argv: ['/usr/lib/x86_64-linux-gnu/tumbler-1/tumblerd'],
		busName: 'org.freedesktop.thumbnails.Thumbnailer1',
		call: call(
			'/org/freedesktop/thumbnails/Thumbnailer1',
			'org.freedesktop.thumbnails.Thumbnailer1',
			'GetSchedulers',
		),
	},
	{
		key: 'rygel',
		packages: ['rygel'],
		argv: ['/usr/bin/rygel'],
		busName: 'org.gnome.Rygel1',
		call: ping('/org/gnome/Rygel1'),
	},
	{
		key: 'hamster',
		packages: ['hamster-time-tracker'],
		argv: ['/usr/bin/python3', '/usr/libexec/hamster/hamster-service'],
		busName: 'org.gnome.Hamster',
		call: call('/org/gnome/Hamster', 'org.gnome.Hamster', 'GetTags', 'b', false),
	},
	{
		key: 'playerctld',
		packages: ['playerctl'],
		argv: ['/usr/bin/playerctld'],
		busName: 'org.mpris.MediaPlayer2.playerctld',
		call: get('/org/mpris/MediaPlayer2', 'com.github.altdesktop.playerctld', 'PlayerNames'),
	},
	{
		key: 'indicator-datetime',
		packages: ['ayatana-indicator-datetime'],
		argv: ['/usr/libexec/ayatana-indicator-datetime/ayatana-indicator-datetime-service'],
		busName: 'org.ayatana.indicator.datetime',
		call: ping('/org/ayatana/indicator/datetime'),
	},
];

/** Some units refuse to start in a container, which a device is for systemd; that is not what is tried out here. */
const anywhere = (name: string) => `
	mkdir -p /run/systemd/system/${name}.d
	printf '[Unit]\\nConditionVirtualization=\\n' >/run/systemd/system/${name}.d/10-survey.conf
	systemctl daemon-reload`;

const unit = (
	key: string,
	packages: string[],
	busName: string,
	ask: Call,
	name = `${key}.service`,
): AsUnit => ({
	key: `unit:${key}`,
	packages,
	unit: name,
	busName,
	call: ask,
	prepare: anywhere(name),
});

/** The units are the services from above, as systemd runs them: with their users, sandboxes and limits. */
export const units: readonly AsUnit[] = [
	...(
		[
			['hostnamed', 'systemd-hostnamed'],
			['localed', 'systemd-localed'],
			['timedated', 'systemd-timedated'],
			['machined', 'systemd-machined'],
			['importd', 'systemd-importd'],
			['portabled', 'systemd-portabled'],
			['polkitd', 'polkit'],
			['accounts-daemon', 'accounts-daemon'],
			['upower', 'upower'],
			['udisks2', 'udisks2'],
			['colord', 'colord'],
			['rtkit', 'rtkit-daemon'],
			['avahi', 'avahi-daemon'],
			['wpa_supplicant', 'wpa_supplicant'],
			['NetworkManager', 'NetworkManager'],
			['ModemManager', 'ModemManager'],
			['fwupd', 'fwupd'],
			['packagekit', 'packagekit'],
			['firewalld', 'firewalld'],
			['tuned', 'tuned'],
			['power-profiles', 'power-profiles-daemon'],
			['switcheroo-control', 'switcheroo-control'],
			['bolt', 'bolt'],
			['geoclue', 'geoclue'],
		] as const
	).map(([key, name]) => {
		const same = servicesOnOwnBus.find((one) => one.key === key);
		if (!same) throw new Error(`no service ${key}`);
		return unit(key, [...same.packages], same.busName, same.call, `${name}.service`);
	}),
	unit(
		'logind',
		['systemd'],
		'org.freedesktop.login1',
		call('/org/freedesktop/login1', 'org.freedesktop.login1.Manager', 'ListSeats'),
		'systemd-logind.service',
	),
	unit(
		'resolved',
		['systemd-resolved'],
		'org.freedesktop.resolve1',
		get('/org/freedesktop/resolve1', 'org.freedesktop.resolve1.Manager', 'LLMNRHostname'),
		'systemd-resolved.service',
	),
	unit(
		'networkd',
		['systemd'],
		'org.freedesktop.network1',
		get('/org/freedesktop/network1', 'org.freedesktop.network1.Manager', 'OperationalState'),
		'systemd-networkd.service',
	),
	unit(
		'timesyncd',
		['systemd-timesyncd'],
		'org.freedesktop.timesync1',
		getAll('/org/freedesktop/timesync1', 'org.freedesktop.timesync1.Manager'),
		'systemd-timesyncd.service',
	),
	unit(
		'homed',
		['systemd-homed'],
		'org.freedesktop.home1',
		call('/org/freedesktop/home1', 'org.freedesktop.home1.Manager', 'ListHomes'),
		'systemd-homed.service',
	),
];
