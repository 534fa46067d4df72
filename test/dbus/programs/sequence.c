/*
 * sequence serve NAME: a service that counts the numbered messages that it gets, signals and calls
 * org.dbusfreeze.Test.Sequence.Next(u number, ay padding), and how many of them were not the next one. Report() →
 * (u count, u disorder); calls of Next are answered with their number if the caller wants a reply.
 * sequence send NAME call|signal FIRST COUNT BYTES: sends so many to NAME and prints how many seconds that took,
 * and the longest time for one of them, until the daemon has read them all.
 */
#include <dbus/dbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define INTERFACE "org.dbusfreeze.Test.Sequence"
/* Signals that may wait in the sender's own memory. */
#define MOST_WAITING (4 * 1024 * 1024)

static dbus_uint32_t count, disorder;

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void answer(DBusConnection *bus, DBusMessage *call, dbus_uint32_t first, dbus_uint32_t second)
{
	if (dbus_message_get_no_reply(call))
		return;
	DBusMessage *reply = dbus_message_new_method_return(call);
	dbus_message_append_args(reply, DBUS_TYPE_UINT32, &first, DBUS_TYPE_UINT32, &second, DBUS_TYPE_INVALID);
	dbus_connection_send(bus, reply, NULL);
	dbus_message_unref(reply);
}

static DBusHandlerResult handle(DBusConnection *bus, DBusMessage *message, void *unused)
{
	(void)unused;
	const char *member = dbus_message_get_member(message);
	if (!dbus_message_has_interface(message, INTERFACE) || !member)
		return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
	if (strcmp(member, "Report") == 0) {
		answer(bus, message, count, disorder);
		return DBUS_HANDLER_RESULT_HANDLED;
	}
	DBusMessageIter arguments;
	dbus_uint32_t number = 0;
	if (dbus_message_iter_init(message, &arguments))
		dbus_message_iter_get_basic(&arguments, &number);
	if (number != count)
		disorder++;
	count++;
	if (dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_METHOD_CALL)
		answer(bus, message, number, 0);
	return DBUS_HANDLER_RESULT_HANDLED;
}

static int serve(DBusConnection *bus, const char *name)
{
	dbus_bus_request_name(bus, name, 0, NULL);
	dbus_connection_add_filter(bus, handle, NULL, NULL);
	printf("ready\n");
	fflush(stdout);
	while (dbus_connection_read_write_dispatch(bus, -1))
		;
	return 0;
}

static DBusMessage *numbered(const char *name, int is_call, dbus_uint32_t number, const char *padding, int bytes)
{
	DBusMessage *message = is_call ? dbus_message_new_method_call(name, "/", INTERFACE, "Next")
				       : dbus_message_new_signal("/", INTERFACE, "Next");
	dbus_message_set_destination(message, name);
	dbus_message_set_no_reply(message, TRUE);
	dbus_message_append_args(message, DBUS_TYPE_UINT32, &number, DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, &padding, bytes,
				 DBUS_TYPE_INVALID);
	return message;
}

static int send_all(DBusConnection *bus, char **argv)
{
	int is_call = strcmp(argv[3], "call") == 0;
	dbus_uint32_t first = atoi(argv[4]), end = first + atoi(argv[5]);
	int bytes = atoi(argv[6]);
	const char *padding = calloc(1, bytes + 1);
	double start = now(), longest = 0;
	for (dbus_uint32_t number = first; number < end; number++) {
		double before = now();
		DBusMessage *message = numbered(argv[2], is_call, number, padding, bytes);
		dbus_connection_send(bus, message, NULL);
		dbus_message_unref(message);
		if (dbus_connection_get_outgoing_size(bus) > MOST_WAITING)
			dbus_connection_flush(bus);
		if (now() - before > longest)
			longest = now() - before;
	}
	/* Its answer comes after all of them were read. */
	if (!dbus_bus_name_has_owner(bus, DBUS_SERVICE_DBUS, NULL))
		return 1;
	printf("%.3f %.3f\n", now() - start, longest);
	return 0;
}

int main(int argc, char **argv)
{
	DBusConnection *bus = dbus_bus_get(DBUS_BUS_SYSTEM, NULL);
	if (!bus || argc < 3)
		return 1;
	return argc == 3 ? serve(bus, argv[2]) : argc == 7 ? send_all(bus, argv) : 2;
}
