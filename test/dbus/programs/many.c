/*
 * many: a service with as many connections as its arguments say, in this order:
 *   connect ADDRESS NAME          a bus connection that owns NAME
 *   crossed ADDRESS NAME1 NAME2   two that connect in this order and say Hello in the other
 *   serve PATH                    a peer-to-peer server: its clients talk to it without a bus
 *   cpu N                         what follows happens on this processor; CRIU does not restore that, so before it
 *   cpu any                       must come, as at the beginning
 *   fork                          the rest is a child's, which has all descriptors of its parent
 *   chroot DIR                    sees only what is in there from now on
 *   become UID                    is that user from now on
 *   leave                         goes on in a child and ends: the connections are no longer of who connected
 * Every connection answers Get() -> i and Add(i) -> i with a value of its own, and Who() -> s. It prints
 * `NAME UNIQUE-NAME FD` of each bus connection, and each signal that it gets from others than the daemon.
 */
#define _GNU_SOURCE
#include <dbus/dbus.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST 16

static struct {
	DBusConnection *bus;
	int value;
} connections[MOST];
static int count;
/* Those before are the parent's. */
static int first;
static DBusWatch *listening;

static DBusHandlerResult answer(DBusConnection *bus, DBusMessage *call, void *data)
{
	int *value = data, amount = 0;
	const char *member = dbus_message_get_member(call);
	if (dbus_message_is_signal(call, DBUS_INTERFACE_LOCAL, "Disconnected"))
		fprintf(stderr, "disconnected\n");
	if (dbus_message_get_type(call) == DBUS_MESSAGE_TYPE_SIGNAL && !dbus_message_has_sender(call, DBUS_SERVICE_DBUS)) {
		printf("signal %s\n", member);
		fflush(stdout);
	}
	if (dbus_message_get_type(call) != DBUS_MESSAGE_TYPE_METHOD_CALL)
		return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
	DBusMessage *reply = dbus_message_new_method_return(call);
	if (!strcmp(member, "Add"))
		dbus_message_get_args(call, NULL, DBUS_TYPE_INT32, &amount, DBUS_TYPE_INVALID);
	*value += amount;
	const char *name = dbus_bus_get_unique_name(bus);
	if (!strcmp(member, "Who"))
		dbus_message_append_args(reply, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
	else
		dbus_message_append_args(reply, DBUS_TYPE_INT32, value, DBUS_TYPE_INVALID);
	dbus_connection_send(bus, reply, NULL);
	dbus_message_unref(reply);
	return DBUS_HANDLER_RESULT_HANDLED;
}

static DBusConnection *add(DBusConnection *bus)
{
	if (!bus || count == MOST)
		exit(1);
	connections[count].bus = bus;
	dbus_connection_set_exit_on_disconnect(bus, FALSE);
	dbus_connection_add_filter(bus, answer, &connections[count].value, NULL);
	count++;
	return bus;
}

static DBusConnection *open_bus(const char *address)
{
	return add(dbus_connection_open_private(address, NULL));
}

static void own(DBusConnection *bus, const char *name)
{
	if (dbus_bus_request_name(bus, name, DBUS_NAME_FLAG_DO_NOT_QUEUE, NULL) != 1)
		exit(2);
	int fd;
	dbus_connection_get_unix_fd(bus, &fd);
	printf("%s %s %d\n", name, dbus_bus_get_unique_name(bus), fd);
	fflush(stdout);
}

static void on_client(DBusServer *server, DBusConnection *client, void *data)
{
	dbus_connection_ref(add(client));
}

static dbus_bool_t on_watch(DBusWatch *watch, void *data)
{
	listening = watch;
	return TRUE;
}

static void serve(const char *path)
{
	char address[200];
	snprintf(address, sizeof(address), "unix:path=%s", path);
	DBusServer *server = dbus_server_listen(address, NULL);
	if (!server)
		exit(3);
	dbus_server_set_new_connection_function(server, on_client, NULL, NULL);
	dbus_server_set_watch_functions(server, on_watch, NULL, NULL, NULL, NULL);
}

static void run(void)
{
	for (;;) {
		struct pollfd polled[MOST + 1];
		int used = 0;
		for (int i = first; i < count; i++) {
			DBusConnection *bus = connections[i].bus;
			int fd = -1;
			dbus_connection_get_unix_fd(bus, &fd);
			/* Each does one step: reads, or writes; a handshake takes some, and poll() does not tell of the writing. */
			for (int step = 0; step < 8; step++)
				dbus_connection_read_write(bus, 0);
			while (dbus_connection_dispatch(bus) == DBUS_DISPATCH_DATA_REMAINS)
				;
			dbus_connection_flush(bus);
			if (dbus_connection_get_is_connected(bus))
				polled[used++] = (struct pollfd){fd, POLLIN, 0};
		}
		if (listening)
			polled[used++] = (struct pollfd){dbus_watch_get_unix_fd(listening), POLLIN, 0};
		poll(polled, used, -1);
		if (listening && (polled[used - 1].revents & POLLIN))
			dbus_watch_handle(listening, DBUS_WATCH_READABLE);
	}
}

int main(int argc, char **argv)
{
	cpu_set_t any;
	sched_getaffinity(0, sizeof(any), &any);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "connect")) {
			DBusConnection *bus = open_bus(argv[i + 1]);
			dbus_bus_register(bus, NULL);
			own(bus, argv[i + 2]);
			i += 2;
		} else if (!strcmp(argv[i], "crossed")) {
			DBusConnection *one = open_bus(argv[i + 1]), *two = open_bus(argv[i + 1]);
			dbus_bus_register(two, NULL);
			dbus_bus_register(one, NULL);
			own(one, argv[i + 2]);
			own(two, argv[i + 3]);
			i += 3;
		} else if (!strcmp(argv[i], "serve")) {
			serve(argv[++i]);
		} else if (!strcmp(argv[i], "cpu")) {
			cpu_set_t set = any;
			if (strcmp(argv[++i], "any")) {
				CPU_ZERO(&set);
				CPU_SET(atoi(argv[i]), &set);
			}
			sched_setaffinity(0, sizeof(set), &set);
		} else if (!strcmp(argv[i], "fork")) {
			if (fork() > 0)
				break;
			first = count;
			listening = NULL;
		} else if (!strcmp(argv[i], "chroot")) {
			if (chroot(argv[++i]) < 0 || chdir("/") < 0)
				return 1;
		} else if (!strcmp(argv[i], "become")) {
			if (setuid(atoi(argv[++i])) < 0)
				return 1;
		} else if (!strcmp(argv[i], "leave")) {
			if (fork() > 0)
				_exit(0);
			setsid();
		}
	}
	run();
}
