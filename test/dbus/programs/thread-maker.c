/* thread-maker: eight threads that count, and one that makes and ends short-lived threads all the time. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void *count(void *data)
{
	(void)data;
	for (volatile unsigned long number = 0;; number++)
		if (number % 1000 == 0)
			usleep(100);
}

static void *end_at_once(void *data)
{
	return data;
}

int main(void)
{
	pthread_t thread;
	for (int i = 0; i < 8; i++)
		pthread_create(&thread, NULL, count, NULL);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		pthread_create(&thread, NULL, end_at_once, NULL);
		pthread_join(thread, NULL);
	}
}
