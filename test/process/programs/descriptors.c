// Opens one descriptor of each kind and prints a line "kind fd" for each, then "ready".
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *kind, int fd) {
	if (fd < 0) {
		perror(kind);
		exit(1);
	}
	printf("%s %d\n", kind, fd);
}

int main(int argc, char **argv) {
	char path[200];
	if (argc < 2) return 2;
	snprintf(path, sizeof path, "%s/file", argv[1]);
	int fd = open(path, O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
	write(fd, "0123456789", 10);
	lseek(fd, 4, SEEK_SET);
	say("file", fd);
	say("directory", open(argv[1], O_RDONLY | O_DIRECTORY));
	snprintf(path, sizeof path, "%s/fifo", argv[1]);
	mkfifo(path, 0600);
	say("fifo", open(path, O_RDWR));
	snprintf(path, sizeof path, "%s/deleted", argv[1]);
	say("deleted", open(path, O_CREAT | O_RDWR, 0600));
	unlink(path);
	int ends[2];
	pipe(ends);
	say("pipe", ends[0]);
	say("device", open("/dev/null", O_RDWR));
	say("tty", posix_openpt(O_RDWR | O_NOCTTY));
	fd = memfd_create("scratch", MFD_CLOEXEC);
	write(fd, "abc", 3);
	say("memfd", fd);
	say("epoll", epoll_create1(0));
	say("eventfd", eventfd(0, 0));
	say("timerfd", timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
	sigset_t set;
	sigemptyset(&set);
	say("signalfd", signalfd(-1, &set, 0));
	say("inotify", inotify_init());
	say("pidfd", syscall(434, getpid(), 0));
	socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
	write(ends[1], "12345", 5);
	say("pair", ends[0]);
	say("pair-peer", ends[1]);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	snprintf(name.sun_path, sizeof name.sun_path, "%s/server", argv[1]);
	bind(fd, (struct sockaddr *)&name, sizeof name);
	listen(fd, 5);
	say("server", fd);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	bind(fd, (struct sockaddr *)&address, sizeof address);
	listen(fd, 5);
	say("tcp", fd);
	say("udp", socket(AF_INET6, SOCK_DGRAM, 0));
	say("netlink", socket(AF_NETLINK, SOCK_RAW, 0));
	// One child that lives, with a child of its own, and one zombie.
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		fork();
		for (;;) pause();
	}
	pid_t zombie = fork();
	if (zombie == 0) _exit(0);
	siginfo_t info;
	waitid(P_PID, zombie, &info, WEXITED | WNOWAIT);
	printf("child %d\n", child);
	printf("zombie %d\n", zombie);
	printf("ready\n");
	fflush(stdout);
	pause();
	return 0;
}
