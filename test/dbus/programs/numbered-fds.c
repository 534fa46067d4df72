/*
 * numbered-fds send COUNT: emits COUNT signals org.dbusfreeze.Test.Numbered(uh), each with a pipe, a memfd or a
 * socket in turn, in which its number lies, and exits when the daemon has them.
 * numbered-fds receive COUNT: prints "ready", then for each such signal its number and what its descriptor says.
 */
#define _GNU_SOURCE
#include <dbus/dbus.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define INTERFACE "org.dbusfreeze.Test"

static int numbered(dbus_uint32_t number)
{
	int ends[2];
	if (number % 3 == 1) {
		ends[0] = ends[1] = memfd_create("numbered", MFD_CLOEXEC);
		dprintf(ends[1], "%u", number);
		lseek(ends[0], 0, SEEK_SET);
		return ends[0];
	}
	if ((number % 3 ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) : pipe2(ends, O_CLOEXEC)) != 0)
		exit(1);
	dprintf(ends[1], "%u", number);
	close(ends[1]);
	return ends[0];
}

static void send_one(DBusConnection *bus, dbus_uint32_t number)
{
	int readable = numbered(number);
	DBusMessage *signal = dbus_message_new_signal("/t", INTERFACE, "Numbered");
	dbus_message_append_args(signal, DBUS_TYPE_UINT32, &number, DBUS_TYPE_UNIX_FD, &readable, DBUS_TYPE_INVALID);
	dbus_connection_send(bus, signal, NULL);
	dbus_connection_flush(bus);
	dbus_message_unref(signal);
	close(readable);
}

static void receive_one(DBusMessage *signal)
{
	dbus_uint32_t number;
	int fd;
	char text[16] = "";
	if (!dbus_message_get_args(signal, NULL, DBUS_TYPE_UINT32, &number, DBUS_TYPE_UNIX_FD, &fd, DBUS_TYPE_INVALID))
		exit(1);
	if (read(fd, text, sizeof text - 1) < 0)
		exit(1);
	close(fd);
	printf("%u %s\n", number, text);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	DBusConnection *bus = dbus_bus_get(DBUS_BUS_SYSTEM, NULL);
	if (!bus || argc != 3)
		return 1;
	int count = atoi(argv[2]);
	if (strcmp(argv[1], "send") == 0) {
		for (int number = 0; number < count; number++)
			send_one(bus, (dbus_uint32_t)number);
		return !dbus_bus_name_has_owner(bus, DBUS_SERVICE_DBUS, NULL);
	}
	dbus_bus_add_match(bus, "type='signal',interface='" INTERFACE "'", NULL);
	dbus_connection_flush(bus);
	dbus_bus_name_has_owner(bus, DBUS_SERVICE_DBUS, NULL);
	printf("ready\n");
	fflush(stdout);
	while (count > 0 && dbus_connection_read_write(bus, -1)) {
		DBusMessage *message;
		while ((message = dbus_connection_pop_message(bus))) {
			if (dbus_message_is_signal(message, INTERFACE, "Numbered")) {
				receive_one(message);
				count--;
			}
			dbus_message_unref(message);
		}
	}
	return 0;
}
