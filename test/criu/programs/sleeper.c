// Sleeps, with no open file but /dev/null.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
	puts("ready");
	fflush(stdout);
	dup2(open("/dev/null", O_RDWR), 0);
	dup2(0, 1);
	dup2(0, 2);
	close_range(3, ~0u, 0);
	for (;;) pause();
}
