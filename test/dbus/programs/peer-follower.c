/*
 * peer-follower NAME PEER: a GDBus service NAME that hears the signal Tick(i) from whoever owns PEER only. GDBus keeps
 * in mind who that is, and drops signals from others. Prints what it is told, a line each.
 */
#include <gio/gio.h>
#include <stdio.h>

static void say(const char *what, const char *detail)
{
	g_print("%s %s\n", what, detail);
	fflush(stdout);
}

static void on_acquired(GDBusConnection *bus, const char *name, gpointer data)
{
	say("ready", name);
}

static void on_appeared(GDBusConnection *bus, const char *name, const char *owner, gpointer data)
{
	say("appeared", owner);
}

static void on_vanished(GDBusConnection *bus, const char *name, gpointer data)
{
	say("vanished", name);
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
	GDBusConnection *bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, NULL);
	g_dbus_connection_signal_subscribe(bus, argv[2], "org.dbusfreeze.Test.Clock", "Tick", NULL, NULL,
					   G_DBUS_SIGNAL_FLAGS_NONE, on_tick, NULL, NULL);
	g_bus_watch_name_on_connection(bus, argv[2], G_BUS_NAME_WATCHER_FLAGS_NONE, on_appeared, on_vanished, NULL,
				       NULL);
	g_bus_own_name_on_connection(bus, argv[1], 0, on_acquired, NULL, NULL, NULL);
	g_main_loop_run(g_main_loop_new(NULL, FALSE));
	return 0;
}
