/*
 * wakes-badly NAME MODE: a service that does what it should until its poll() is interrupted, as it is by a thaw.
 * MODE hang: then it waits for ever. die: then it ends as by an instruction that the processor does not know.
 * mute: nothing happens, but it never answers anything, neither before.
 */
#include <dbus/dbus.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const char *mode = argv[2];
	DBusConnection *connection = dbus_bus_get(DBUS_BUS_SYSTEM, NULL);
	struct pollfd pollfd = {.events = POLLIN};
	if (!connection || argc != 3)
		return 1;
	dbus_bus_request_name(connection, argv[1], 0, NULL);
	dbus_connection_get_unix_fd(connection, &pollfd.fd);
	for (;;) {
		if (poll(&pollfd, 1, -1) < 0 && errno == EINTR) {
			if (strcmp(mode, "hang") == 0)
				for (;;)
					pause();
			if (strcmp(mode, "die") == 0)
				raise(SIGILL);
		}
		dbus_connection_read_write(connection, 0);
		if (strcmp(mode, "mute") == 0) {
			DBusMessage *message;
			while ((message = dbus_connection_pop_message(connection)))
				dbus_message_unref(message);
		} else {
			while (dbus_connection_dispatch(connection) == DBUS_DISPATCH_DATA_REMAINS)
				;
		}
	}
}
