// A tree that rests: threads blocked in calls that CRIU treats differently, and one descriptor of every common kind.
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int ends[2];

static void *reader(void *name) {
	prctl(PR_SET_NAME, name);
	char byte;
	while (read(ends[0], &byte, 1) < 0);
	return 0;
}

static void *epoller(void *name) {
	prctl(PR_SET_NAME, name);
	int set = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN};
	epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event);
	for (;;) epoll_wait(set, &event, 1, -1);
}

static void *sleeper(void *name) {
	prctl(PR_SET_NAME, name);
	for (;;) {
		struct timespec long_time = {.tv_sec = 100000};
		nanosleep(&long_time, 0);
	}
}

static void open_descriptors(const char *folder) {
	chdir(folder);
	int file = open("file", O_CREAT | O_RDWR | O_APPEND, 0600);
	write(file, "0123456789", 10);
	lseek(file, 4, SEEK_SET);
	// Deleted: one for good, one that lives on under another name.
	write(open("gone", O_CREAT | O_RDWR, 0600), "ghost", 5);
	unlink("gone");
	open("renamed", O_CREAT | O_RDWR, 0600);
	link("renamed", "other-name");
	unlink("renamed");
	open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mkfifo("fifo", 0600);
	open("fifo", O_RDWR | O_NONBLOCK);
	memfd_create("resting", MFD_CLOEXEC);
	eventfd(3, EFD_NONBLOCK);
	timerfd_create(CLOCK_MONOTONIC, 0);
	inotify_init1(IN_CLOEXEC);
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	signalfd(-1, &signals, SFD_CLOEXEC);
	int pair[2];
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
	int named = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int length = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "resting-%d", getpid());
	bind(named, (void *)&name, sizeof name.sun_family + 1 + length);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	bind(listener, (void *)&here, sizeof here);
	listen(listener, 1);
	syscall(434, getpid(), 0);
}

int main(int count, char **arguments) {
	int nothing = open("/dev/null", O_RDWR);
	dup2(nothing, 0);
	dup2(nothing, 2);
	close_range(3, ~0u, 0);
	pipe2(ends, O_CLOEXEC);
	open_descriptors(arguments[1]);
	pid_t child = fork();
	if (child == 0) {
		dup2(0, 1);
		for (;;) pause();
	}
	pthread_t thread;
	pthread_create(&thread, 0, reader, "reader");
	pthread_create(&thread, 0, epoller, "epoller");
	pthread_create(&thread, 0, sleeper, "sleeper");
	printf("child %d\nready\n", child);
	fflush(stdout);
	dup2(0, 1);
	for (;;) poll(0, 0, -1);
}
