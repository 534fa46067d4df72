// A process that has one of everything a snapshot tells: then it says "ready" and rests.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int silent[2];

static void on_signal(int number) {
	(void)number;
}

// Another mask, a pending signal, an alternative stack, a scheduling policy, and known vector registers.
static void *special(void *unused) {
	stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
	sigaltstack(&stack, NULL);
	sigset_t mask;
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	pthread_kill(pthread_self(), SIGUSR2);
	struct sched_param parameter = {0};
	sched_setscheduler(0, SCHED_BATCH | SCHED_RESET_ON_FORK, &parameter);
	char byte;
#if defined(__x86_64__)
	// Nothing that the compiler makes of this file touches these.
	if (__builtin_cpu_supports("avx512f"))
		__asm__ volatile("kmovw %0, %%k1\n\tvpbroadcastq %1, %%zmm8\n\tvpbroadcastq %1, %%zmm16"
		                 :
		                 : "r"(0x5a5a), "r"(0x2233445566778899L));
	long result;
	__asm__ volatile("movq %1, %%xmm8\n\tsyscall"
	                 : "=a"(result)
	                 : "r"(0x1122334455667788L), "0"(0L), "D"((long)silent[0]), "S"(&byte), "d"(1L)
	                 : "rcx", "r11", "memory", "xmm8");
#else
	read(silent[0], &byte, 1);
#endif
	return unused;
}

static void signals(void) {
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	sigaction(SIGUSR1, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigset_t mask;
	sigemptyset(&mask);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	kill(getpid(), SIGHUP);
	sigset_t accepted;
	sigemptyset(&accepted);
	sigaddset(&accepted, SIGWINCH);
	signalfd(-1, &accepted, 0);
}

static void timers(int set) {
	struct itimerval interval = {.it_interval = {500, 0}, .it_value = {90000, 0}};
	setitimer(ITIMER_REAL, &interval, NULL);
	timer_t timer;
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	struct itimerspec later = {.it_interval = {100, 0}, .it_value = {100000, 0}};
	timer_settime(timer, 0, &later, NULL);
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	timerfd_settime(fd, 0, &later, NULL);
	struct epoll_event watch = {.events = EPOLLIN | EPOLLET, .data.u64 = 0xabcdef};
	epoll_ctl(set, EPOLL_CTL_ADD, fd, &watch);
}

static void files(void) {
	int fd = open("whole", O_CREAT | O_RDWR, 0600);
	flock(fd, LOCK_EX);
	int other = open("parts", O_CREAT | O_RDWR, 0600);
	struct flock range = {.l_type = F_WRLCK, .l_start = 5, .l_len = 10};
	fcntl(other, F_SETLK, &range);
	ftruncate(fd, 4096);
	mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void sockets(void) {
	int pair[2], yes = 1, size = 100000;
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes);
	setsockopt(pair[0], SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
	setsockopt(pair[0], SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	struct timeval limit = {5, 0};
	setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	int datagram = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(datagram, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
	setsockopt(datagram, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
}

int main(int argc, char **argv) {
	if (argc < 2 || chdir(argv[1]) != 0 || pipe(silent) != 0)
		return 1;
	umask(027);
	struct rlimit limit = {1000, 2000};
	setrlimit(RLIMIT_NOFILE, &limit);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	signals();
	int counter = eventfd(7, 0), set = epoll_create1(0);
	struct epoll_event watch = {.events = EPOLLIN, .data.u64 = 1};
	epoll_ctl(set, EPOLL_CTL_ADD, counter, &watch);
	timers(set);
	files();
	sockets();
	pthread_t thread;
	pthread_create(&thread, NULL, special, NULL);
	pthread_setname_np(thread, "special");
	nice(3);
	printf("ready\n");
	fflush(stdout);
	// What leads out of the tree would have to be held.
	int null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	for (;;)
		poll(NULL, 0, -1);
}
