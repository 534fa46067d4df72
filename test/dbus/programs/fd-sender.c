/* fd-sender COUNT [DESTINATION]: emits COUNT signals org.dbusfreeze.Test.Passed(hu) that carry a descriptor each, then Done. */
#include <dbus/dbus.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	DBusConnection *bus = dbus_bus_get(DBUS_BUS_SYSTEM, NULL);
	if (!bus || argc < 2)
		return 1;
	int fd = 0;
	for (dbus_uint32_t number = 0; number < (dbus_uint32_t)atoi(argv[1]); number++) {
		DBusMessage *signal = dbus_message_new_signal("/t", "org.dbusfreeze.Test", "Passed");
		if (argc > 2)
			dbus_message_set_destination(signal, argv[2]);
		dbus_message_append_args(signal, DBUS_TYPE_UNIX_FD, &fd, DBUS_TYPE_UINT32, &number, DBUS_TYPE_INVALID);
		dbus_connection_send(bus, signal, NULL);
		dbus_connection_flush(bus);
		dbus_message_unref(signal);
	}
	dbus_connection_send(bus, dbus_message_new_signal("/t", "org.dbusfreeze.Test", "Done"), NULL);
	dbus_connection_flush(bus);
	return 0;
}
