// One thread in each of several known system calls. Prints its function addresses, then "ready".
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int silent[2];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *in_read(void *unused) {
	char byte;
	read(silent[0], &byte, 1);
	return unused;
}
static void *in_poll(void *unused) {
	struct pollfd request = {.fd = silent[0], .events = POLLIN};
	poll(&request, 1, -1);
	return unused;
}
static void *in_futex(void *unused) {
	pthread_mutex_lock(&mutex);
	return unused;
}
static void *in_nanosleep(void *unused) {
	struct timespec long_time = {.tv_sec = 100000};
	nanosleep(&long_time, NULL);
	return unused;
}
// The system call is in this very function, so that the program counter is in our own code. Local on purpose.
static __attribute__((noinline)) long wait_in_own_code(void) {
#if defined(__x86_64__)
	long result;
	__asm__ volatile("syscall" : "=a"(result) : "0"(SYS_pause) : "rcx", "r11", "memory");
	return result;
#else
	return pause();
#endif
}
static void *in_pause(void *unused) {
	wait_in_own_code();
	return unused;
}
static void *running(void *unused) {
	for (;;) __asm__ volatile("" ::: "memory");
	return unused;
}

static void start(const char *name, void *(*body)(void *)) {
	pthread_t thread;
	pthread_create(&thread, NULL, body, NULL);
	pthread_setname_np(thread, name);
}

int main(int argc, char **argv) {
	(void)argv;
	pipe(silent);
	pthread_mutex_lock(&mutex);
	start("in-read", in_read);
	start("in-poll", in_poll);
	start("in-futex", in_futex);
	start("in-nanosleep", in_nanosleep);
	start("in-pause", in_pause);
	if (argc > 1) start("running", running);
	printf("%p %p\n", (void *)wait_in_own_code, (void *)main);
	printf("ready %d\n", silent[0]);
	fflush(stdout);
	pause();
	return 0;
}
