import fs from 'node:fs';
import path from 'node:path';
import {fixturesFolder} from '../../../src/dbus/demo-services.js';

/** Lets everybody own and call the demo services; a system bus allows nothing that no file allows. */
const demo = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
	<policy context="default">
		<allow own_prefix="org.dbusfreeze"/>
		<allow send_destination="*"/>
		<allow receive_sender="*"/>
	</policy>
</busconfig>
`;

/** Files for /etc/dbus-1/system.d, by their names: the program's own as a package installs it, and the demo's. */
export function demoPolicies(): Record<string, string> {
	const ours = 'io.github.dbusfreeze1.conf';
	return {
		[ours]: fs.readFileSync(path.join(fixturesFolder, '../data', ours), 'utf8'),
		'dbusfreeze-demo.conf': demo,
	};
}
