/** Where freezes are announced, on every bus on which services are frozen. */
export const announceName = 'io.github.dbusfreeze1';
export const announcePath = '/io/github/dbusfreeze1';
export const managerInterface = 'io.github.dbusfreeze1.Manager';

/** One frozen service: names, unique name, pid, checkpoint, since (milliseconds since the epoch). */
export const frozenSignature = 'a(assusx)';

/** What happens to a service; each is a signal of the manager. */
export const moments = ['Freezing', 'Frozen', 'Thawing', 'Thawed', 'Aborted'] as const;
export type AnnouncedMoment = (typeof moments)[number];

/** The signals' arguments. */
export const momentSignature = 'assus';

const signals = moments
	.map(
		(moment) => `  <signal name="${moment}">
   <arg name="names" type="as"/>
   <arg name="unique_name" type="s"/>
   <arg name="pid" type="u"/>
   <arg name="checkpoint" type="s"/>
  </signal>`,
	)
	.join('\n');

const doctype = `<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">
`;

const standardInterfaces = `
 <interface name="org.freedesktop.DBus.Introspectable">
  <method name="Introspect">
   <arg name="xml_data" type="s" direction="out"/>
  </method>
 </interface>
 <interface name="org.freedesktop.DBus.Peer">
  <method name="Ping"/>
 </interface>
 <interface name="org.freedesktop.DBus.Properties">
  <method name="Get">
   <arg name="interface_name" type="s" direction="in"/>
   <arg name="property_name" type="s" direction="in"/>
   <arg name="value" type="v" direction="out"/>
  </method>
  <method name="GetAll">
   <arg name="interface_name" type="s" direction="in"/>
   <arg name="props" type="a{sv}" direction="out"/>
  </method>
  <signal name="PropertiesChanged">
   <arg name="interface_name" type="s"/>
   <arg name="changed_properties" type="a{sv}"/>
   <arg name="invalidated_properties" type="as"/>
  </signal>
 </interface>`;

/** Introspection data of the object, and of the paths above it; undefined for any other path. */
export function introspection(path: string): string | undefined {
	if (path === announcePath)
		return `${doctype}<node>
 <interface name="${managerInterface}">
  <method name="List">
   <arg name="frozen" type="${frozenSignature}" direction="out"/>
  </method>
  <property name="Frozen" type="${frozenSignature}" access="read"/>
${signals}
 </interface>${standardInterfaces}
</node>
`;
	const parent = path === '/' ? '/' : `${path}/`;
	if (!announcePath.startsWith(parent)) return undefined;
	const child = announcePath.slice(parent.length).split('/')[0];
	return `${doctype}<node>
 <node name="${child}"/>
</node>
`;
}
