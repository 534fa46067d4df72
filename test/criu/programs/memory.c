// A process with memory of every kind, and a child that shares some of it. Prints where each lies.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void *filled(size_t size, int flags, int file, off_t offset) {
	char *memory = mmap(0, size, PROT_READ | PROT_WRITE, flags, file, offset);
	for (size_t i = 0; i < size; i++) memory[i] = i * 31 + 7;
	return memory;
}

int main(void) {
	dup2(open("/dev/null", O_RDWR), 0);
	dup2(0, 2);
	close_range(3, ~0u, 0);
	int mapped = memfd_create("mapped", 0), open_only = memfd_create("open-only", 0);
	ftruncate(mapped, 1 << 20);
	write(open_only, "five!", 5);
	// 3 MB: more than is read at once.
	printf("private %p\n", filled(3 << 20, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	printf("shared %p\n", filled(1 << 16, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	printf("memfd %p\n", filled(1 << 16, MAP_SHARED, mapped, 1 << 19));
	void *guarded = filled(1 << 14, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(guarded, 1 << 14, PROT_NONE);
	printf("guarded %p\ncode %p\n", guarded, (void *)printf);
	pid_t child = fork();
	if (child == 0) {
		dup2(0, 1);
		for (;;) pause();
	}
	printf("child %d\nready\n", child);
	fflush(stdout);
	dup2(0, 1);
	for (;;) pause();
}
