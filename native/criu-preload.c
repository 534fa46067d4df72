/*
 * Loaded into criu (`--preload` of its loader) where a target has something that criu alone cannot dump. It changes what criu sees,
 * never what it does:
 *
 * 1. Descriptors that our keeper holds open, DBUSFREEZE_HELD="KEEPER:FD=INODE,FD=INODE,..." (INODE in hex; KEEPER 0: criu
 *    has inherited them, because it sees no keeper in its pid namespace): whichever
 *    descriptor kcmp(2) says is the same open file description looks like a directory with that invented inode. Named
 *    as `--external file[MOUNT:INODE]`, criu writes down only that name, whatever the descriptor really is, and
 *    restores it as a duplicate of the one that it inherits.
 * 2. prlimit(2) of a process of another user, which needs CAP_SYS_RESOURCE, is answered from /proc/PID/limits.
 * 3. DBUSFREEZE_SAME_USER_NS: the user namespace of every process looks like criu's own; it cannot be made anew around
 *    what lives in it.
 * 4. DBUSFREEZE_NO_CGROUP_NS: cgroup namespaces look unsupported. criu would else have the target itself read
 *    /proc/self/cgroup, which a chroot without /proc does not have.
 * 5. DBUSFREEZE_KERNDAT=FILE: what criu has found out about the kernel is read from there, where its own cache is not
 *    seen. Not every network namespace lets it find out.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#define KCMP_FILE 0
#define NEXT(function) \
	static __typeof__(&function) next; \
	if (!next) next = dlsym(RTLD_NEXT, #function)

struct held {
	int fd;
	unsigned long inode;
};

static struct held *held;
static int heldCount, keeper;

static long nextSyscall(long number, long a, long b, long c, long d, long e, long f) {
	NEXT(syscall);
	return next(number, a, b, c, d, e, f);
}

__attribute__((constructor)) static void readHeld(void) {
	char *text = getenv("DBUSFREEZE_HELD");
	if (!text) return;
	held = calloc(strlen(text), sizeof *held);
	if (!held) abort();
	keeper = strtol(text, &text, 10);
	while (*text == ':' || *text == ',') {
		held[heldCount].fd = strtol(text + 1, &text, 10);
		held[heldCount++].inode = strtoul(text + 1, &text, 16);
	}
}

/* The invented inode of a descriptor that the keeper holds, else 0. */
static unsigned long heldInode(int fd) {
	int saved = errno;
	unsigned long inode = 0;
	for (int i = 0; i < heldCount && !inode; i++)
		if (nextSyscall(SYS_kcmp, getpid(), keeper ? keeper : getpid(), KCMP_FILE, fd, held[i].fd, 0) == 0) inode = held[i].inode;
	errno = saved;
	return inode;
}

int fstat64(int fd, struct stat64 *stat) {
	NEXT(fstat64);
	if (next(fd, stat) < 0) return -1;
	unsigned long inode = heldInode(fd);
	if (inode) {
		stat->st_mode = S_IFDIR | 0700;
		stat->st_ino = inode;
		/* No device's number, so that it is on none of the file systems that criu treats in ways of their own. */
		stat->st_dev = 0xfffff;
		stat->st_rdev = stat->st_size = 0;
	}
	return 0;
}

int fstatfs64(int fd, struct statfs64 *stat) {
	NEXT(fstatfs64);
	if (next(fd, stat) < 0) return -1;
	if (heldInode(fd)) stat->f_type = 0;
	return 0;
}

ssize_t readlink(const char *path, char *buffer, size_t size) {
	NEXT(readlink);
	unsigned long inode = strncmp(path, "/proc/self/fd/", 14) ? 0 : heldInode(atoi(path + 14));
	if (!inode) return next(path, buffer, size);
	char name[32];
	size_t length = snprintf(name, sizeof name, "/held/%lx", inode);
	if (length > size) length = size;
	memcpy(buffer, name, length);
	return length;
}

/* The names of limits as in /proc/PID/limits, by RLIMIT_ number. */
static const char *const limitNames[RLIM_NLIMITS] = {
	"Max cpu time", "Max file size", "Max data size", "Max stack size", "Max core file size", "Max resident set",
	"Max processes", "Max open files", "Max locked memory", "Max address space", "Max file locks",
	"Max pending signals", "Max msgqueue size", "Max nice priority", "Max realtime priority", "Max realtime timeout",
};

static rlim_t limitValue(const char *text) {
	return *text == 'u' ? RLIM_INFINITY : strtoull(text, 0, 10);
}

static int limitFromProc(int pid, int resource, struct rlimit *limit) {
	char path[32], line[256], soft[32], hard[32];
	snprintf(path, sizeof path, "/proc/%d/limits", pid);
	FILE *file = fopen(path, "re");
	if (!file) return -1;
	size_t length = strlen(limitNames[resource]);
	int found = -1;
	while (found < 0 && fgets(line, sizeof line, file))
		if (!strncmp(line, limitNames[resource], length) &&
		    sscanf(line + length, "%31s %31s", soft, hard) == 2) {
			*limit = (struct rlimit){limitValue(soft), limitValue(hard)};
			found = 0;
		}
	fclose(file);
	return found;
}

long syscall(long number, ...) {
	long a[6];
	va_list arguments;
	va_start(arguments, number);
	for (int i = 0; i < 6; i++) a[i] = va_arg(arguments, long);
	va_end(arguments);
	long result = nextSyscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	int onlyAsks = number == SYS_prlimit64 && !a[2] && a[3] && (unsigned long)a[1] < RLIM_NLIMITS;
	if (result < 0 && errno == EPERM && onlyAsks && !limitFromProc(a[0], a[1], (struct rlimit *)a[3])) return 0;
	return result;
}

int open64(const char *path, int flags, ...) {
	NEXT(open64);
	va_list arguments;
	va_start(arguments, flags);
	int file = next(path, flags, va_arg(arguments, int));
	va_end(arguments);
	const char *saved = getenv("DBUSFREEZE_KERNDAT");
	return file < 0 && saved && !strcmp(path, "/run/criu.kdat") ? next(saved, flags) : file;
}

int fstatat64(int folder, const char *path, struct stat64 *stat, int flags) {
	NEXT(fstatat64);
	if (getenv("DBUSFREEZE_NO_CGROUP_NS") && !strcmp(path, "ns/cgroup")) {
		errno = ENOENT;
		return -1;
	}
	if (getenv("DBUSFREEZE_SAME_USER_NS") && !strcmp(path, "ns/user"))
		return next(AT_FDCWD, "/proc/self/ns/user", stat, 0);
	return next(folder, path, stat, flags);
}
