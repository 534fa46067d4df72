/*
 * half-writer: connects, says Hello, and then sends one large signal whose rest it can write only when the
 * daemon reads: as every library does, it waits for room with poll(). Prints "ready" before, "half" when the
 * socket took a part of it, and "whole" at the end; then it waits for input only.
 * With an argument it waits with epoll instead, and with the argument "edge" for both edges at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BODY (4 << 20)

static int fd, ep = -1, edge;

static void say(const char *text)
{
	printf("%s\n", text);
	fflush(stdout);
}

static void await_events(int writing)
{
	if (ep < 0) {
		struct pollfd p = {fd, POLLIN | (writing ? POLLOUT : 0), 0};
		poll(&p, 1, -1);
	} else {
		struct epoll_event event = {.events = edge ? EPOLLIN | EPOLLOUT | EPOLLET : EPOLLIN | (writing ? EPOLLOUT : 0)};
		if (!edge)
			epoll_ctl(ep, EPOLL_CTL_MOD, fd, &event);
		epoll_wait(ep, &event, 1, -1);
	}
	char sink[4096];
	while (read(fd, sink, sizeof(sink)) > 0)
		;
}

static size_t put32(char *to, size_t at, uint32_t value)
{
	memcpy(to + at, &value, 4);
	return at + 4;
}

static size_t field(char *to, size_t at, char code, char type, const char *text)
{
	at = (at + 7) & ~7ul;
	to[at] = code, to[at + 1] = 1, to[at + 2] = type, to[at + 3] = 0;
	at = put32(to, at + 4, strlen(text));
	strcpy(to + at, text);
	return at + strlen(text) + 1;
}

/* A message without arguments or with an array of bytes. */
static size_t message(char *to, int type, uint32_t serial, const char *member, const char *dest, uint32_t body)
{
	memset(to, 0, 512);
	to[0] = 'l', to[1] = type, to[2] = 0, to[3] = 1;
	put32(to, 4, body ? body + 4 : 0);
	put32(to, 8, serial);
	size_t at = 16;
	at = field(to, at, 1, 'o', "/org/freedesktop/DBus");
	at = field(to, at, 2, 's', "org.freedesktop.DBus");
	at = field(to, at, 3, 's', member);
	if (dest)
		at = field(to, at, 6, 's', dest);
	if (body) {
		at = (at + 7) & ~7ul;
		memcpy(to + at, "\010\001g\000\002ay", 8);
		at += 8;
	}
	put32(to, 12, at - 16);
	at = (at + 7) & ~7ul;
	if (body)
		at = put32(to, at, body);
	return at;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {AF_UNIX};
	const char *path = strstr(getenv("DBUS_SYSTEM_BUS_ADDRESS"), "unix:path=") + 10;
	strncpy(address.sun_path, path, strcspn(path, ","));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return 1;
	char line[256], auth[64] = "", *buffer = calloc(1, BODY + 1024);
	snprintf(line, sizeof(line), "%d", getuid());
	for (char *c = line; *c; c++)
		sprintf(auth + strlen(auth), "%02x", *c);
	dprintf(fd, "%cAUTH EXTERNAL %s\r\n", 0, auth);
	read(fd, line, sizeof(line));
	dprintf(fd, "BEGIN\r\n");
	write(fd, buffer, message(buffer, 1, 1, "Hello", "org.freedesktop.DBus", 0));
	read(fd, line, sizeof(line));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (argc > 1) {
		edge = !strcmp(argv[1], "edge");
		ep = epoll_create1(0);
		struct epoll_event event = {.events = edge ? EPOLLIN | EPOLLOUT | EPOLLET : EPOLLIN};
		epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event);
	}
	say("ready");
	char go;
	read(0, &go, 1);
	size_t length = message(buffer, 4, 2, "Large", NULL, BODY) + BODY;
	for (size_t done = 0; done < length;) {
		ssize_t n = write(fd, buffer + done, length - done);
		if (n > 0)
			done += n;
		if (done < length) {
			say("half");
			await_events(1);
		}
	}
	say("whole");
	for (;;)
		await_events(0);
}
