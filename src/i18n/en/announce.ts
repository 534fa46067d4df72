/** The bus name under which freezes are announced, and what is missing without it. */
export const announce = {
	check: 'announcements on the bus',
	/** With the bus's answer to `checkAnnouncing`. */
	allowed: (name: string) => `${name} may be owned`,
	policyMissing: (name: string, file: string) =>
		`The policy of this bus does not let us own ${name}: other programs cannot ask what is frozen. ` +
		`Freezing works all the same, and its signals are sent. To install the policy: ` +
		`cp ${file} /etc/dbus-1/system.d/ && busctl call org.freedesktop.DBus / org.freedesktop.DBus ReloadConfig`,
	/** Warning of a freeze. */
	notAnnounced: (name: string) =>
		`The bus does not let us own ${name}, so other programs cannot ask what is frozen (see doctor).`,
};
