/*
 * A service as systemd supervises it: owns NAME (argv[1]), says WATCHDOG=1 ten times a second if it is asked to, writes a line
 * to its standard output for every Add(i), and answers with the sum. SIGHUP is written down, too.
 */
#include <dbus/dbus.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static volatile sig_atomic_t hung_up;

static void on_hup(int number)
{
	(void)number;
	hung_up = 1;
}

static void notify(const char *text)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	if (!path || !getenv("WATCHDOG_USEC"))
		return;
	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	sendto(fd, text, strlen(text), 0, (struct sockaddr *)&address, sizeof(address));
	close(fd);
}

int main(int argc, char **argv)
{
	dbus_int32_t value = 0;
	if (argc != 2)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGHUP, on_hup);
	DBusConnection *bus = dbus_bus_get(DBUS_BUS_SYSTEM, NULL);
	if (!bus || dbus_bus_request_name(bus, argv[1], DBUS_NAME_FLAG_DO_NOT_QUEUE, NULL) != DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER)
		return 1;
	printf("started\n");
	while (dbus_connection_read_write(bus, 100)) {
		notify("WATCHDOG=1");
		if (hung_up) {
			hung_up = 0;
			printf("hung up\n");
		}
		for (DBusMessage *call; (call = dbus_connection_pop_message(bus)); dbus_message_unref(call)) {
			dbus_int32_t amount;
			DBusMessage *reply;
			if (dbus_message_get_type(call) != DBUS_MESSAGE_TYPE_METHOD_CALL)
				continue;
			if (!dbus_message_is_method_call(call, argv[1], "Add") ||
			    !dbus_message_get_args(call, NULL, DBUS_TYPE_INT32, &amount, DBUS_TYPE_INVALID)) {
				reply = dbus_message_new_error(call, DBUS_ERROR_UNKNOWN_METHOD, "no");
			} else {
				value += amount;
				printf("value %d\n", value);
				reply = dbus_message_new_method_return(call);
				dbus_message_append_args(reply, DBUS_TYPE_INT32, &value, DBUS_TYPE_INVALID);
			}
			dbus_connection_send(bus, reply, NULL);
			dbus_connection_flush(bus);
			dbus_message_unref(reply);
		}
	}
	return 0;
}
