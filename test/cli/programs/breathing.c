/*
 * Preloaded into a service: a second thread makes its memory larger and smaller all the time, so that it never is what it
 * was at the last look.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void *breathe(void *unused)
{
	size_t page = 4096, size = page;
	/* On the stack, where a look sees that the thread has gone round: registers alone do not tell. */
	volatile size_t rounds = 0;
	void *area = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (size_t n = 1; area != MAP_FAILED; n = n % 97 + 1) {
		area = mremap(area, size, n * page, MREMAP_MAYMOVE);
		size = n * page;
		rounds++;
		usleep(200);
	}
	return unused;
}

__attribute__((constructor)) static void begin(void)
{
	pthread_t thread;
	pthread_create(&thread, NULL, breathe, NULL);
}
