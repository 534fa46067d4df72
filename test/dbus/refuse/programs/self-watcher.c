/*
 * self-watcher NAME FLAGS: a GDBus service that ends (exit code 3) when it loses its name, as many
 * applications do, and that also watches its own name and every NameOwnerChanged. Prints what it is told, a line each.
 */
#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>

static const char introspection[] = "<node><interface name='org.dbusfreeze.Test.Watcher'>"
				    "<method name='Get'><arg name='value' type='i' direction='out'/></method>"
				    "</interface></node>";

static void say(const char *what, const char *first, const char *second, const char *third)
{
	g_print("%s %s %s %s\n", what, first, second, third);
	fflush(stdout);
}

static void on_call(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
		    const char *method, GVariant *parameters, GDBusMethodInvocation *call, gpointer data)
{
	static int calls;
	say("called", sender, "", "");
	g_dbus_method_invocation_return_value(call, g_variant_new("(i)", ++calls));
}

static void on_acquired(GDBusConnection *bus, const char *name, gpointer data)
{
	say("acquired", name, "", "");
	g_print("ready\n");
	fflush(stdout);
}

static void on_lost(GDBusConnection *bus, const char *name, gpointer data)
{
	say("lost", name, "", "");
	exit(3);
}

static void on_appeared(GDBusConnection *bus, const char *name, const char *owner, gpointer data)
{
	say("appeared", name, owner, "");
}

static void on_vanished(GDBusConnection *bus, const char *name, gpointer data)
{
	say("vanished", name, "", "");
}

static void on_changed(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
		       const char *signal, GVariant *parameters, gpointer data)
{
	const char *name, *before, *after;
	g_variant_get(parameters, "(&s&s&s)", &name, &before, &after);
	say("changed", name, before, after);
}

static void on_tick(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
		    const char *signal, GVariant *parameters, gpointer data)
{
	gint32 number;
	g_variant_get(parameters, "(i)", &number);
	g_print("tick %d\n", number);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static const GDBusInterfaceVTable vtable = {.method_call = on_call};
	GDBusConnection *bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, NULL);
	GDBusNodeInfo *node = g_dbus_node_info_new_for_xml(introspection, NULL);
	g_dbus_connection_register_object(bus, "/watcher", node->interfaces[0], &vtable, NULL, NULL, NULL);
	g_dbus_connection_signal_subscribe(bus, "org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged",
					   NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_changed, NULL, NULL);
	g_dbus_connection_signal_subscribe(bus, NULL, "org.dbusfreeze.Test.Clock", "Tick", NULL, NULL,
					   G_DBUS_SIGNAL_FLAGS_NONE, on_tick, NULL, NULL);
	g_bus_watch_name_on_connection(bus, argv[1], G_BUS_NAME_WATCHER_FLAGS_NONE, on_appeared, on_vanished, NULL,
				       NULL);
	g_bus_own_name_on_connection(bus, argv[1], atoi(argv[2]), on_acquired, on_lost, NULL, NULL);
	g_main_loop_run(g_main_loop_new(NULL, FALSE));
	return 0;
}
