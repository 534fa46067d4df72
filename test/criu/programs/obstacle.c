// A process with one thing that CRIU cannot dump, or not without being told to.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Without /proc and without the right to mount one, which criu asks for inside the process. */
static void bare_chroot(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct none[2] = {0};
	chroot(".");
	syscall(SYS_capset, &header, none);
}

static void file_lock(void) { flock(open("lock", O_CREAT | O_RDWR, 0600), LOCK_EX); }

static void big_deleted_file(void) {
	int file = open("big", O_CREAT | O_RDWR, 0600);
	char block[65536];
	memset(block, 1, sizeof block);
	for (int i = 0; i < 64; i++) write(file, block, sizeof block);
	unlink("big");
}

static void shared_memory(void) {
	int segment = shmget(IPC_PRIVATE, 4096, 0600);
	shmat(segment, 0, 0);
	shmctl(segment, IPC_RMID, 0);
}

static void send_descriptor(int socket) {
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec data = {&byte, 1};
	struct msghdr message = {0, 0, &data, 1, control, sizeof control};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	*(int *)CMSG_DATA(header) = open("/dev/null", O_RDWR);
	sendmsg(socket, &message, 0);
}

static void outside_socket(int carried) {
	// The other end lives in a process that is not in the tree.
	int pair[2];
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	if (fork() == 0) {
		close(pair[0]);
		if (carried) send_descriptor(pair[1]);
		setsid();
		if (fork() > 0) _exit(0);
		char byte;
		read(pair[1], &byte, 1);
		_exit(0);
	}
	close(pair[1]);
	// From now on it is outside: the child between is a zombie, and stays one.
	siginfo_t ended;
	waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT);
}

static void connected_tcp(void) {
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof here;
	bind(listener, (void *)&here, length);
	listen(listener, 1);
	getsockname(listener, (void *)&here, &length);
	connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&here, length);
	accept(listener, 0, 0);
}

int main(int count, char **arguments) {
	const char *what = arguments[1];
	chdir(arguments[2]);
	dup2(open("/dev/null", O_RDWR), 0);
	dup2(0, 2);
	close_range(3, ~0u, 0);
	if (!strcmp(what, "file-lock")) file_lock();
	if (!strcmp(what, "deleted-file")) big_deleted_file();
	if (!strcmp(what, "shared-memory")) shared_memory();
	if (!strcmp(what, "outside-socket")) outside_socket(0);
	if (!strcmp(what, "carried")) outside_socket(1);
	if (!strcmp(what, "mount-namespace")) {
		unshare(CLONE_NEWNS);
		mount(0, "/", 0, MS_REC | MS_PRIVATE, 0);
		mount("none", arguments[2], "tmpfs", 0, 0);
		chdir(arguments[2]);
		open("inside", O_CREAT | O_RDWR, 0600);
	}
	if (!strcmp(what, "perf-event")) {
		struct perf_event_attr clock = {.type = PERF_TYPE_SOFTWARE, .size = sizeof clock};
		syscall(SYS_perf_event_open, &clock, 0, -1, -1, 0);
	}
	if (!strcmp(what, "secret-memory")) {
		int secret = syscall(447, 0);
		ftruncate(secret, 4096);
		*(char *)mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, secret, 0) = 1;
	}
	if (!strcmp(what, "vsock")) socket(40, SOCK_STREAM, 0);
	if (!strcmp(what, "linked-file")) {
		open("first", O_CREAT | O_RDWR, 0600);
		link("first", "second");
		unlink("first");
	}
	if (!strcmp(what, "other-user")) setuid(65534);
	if (!strcmp(what, "chroot")) bare_chroot();
	if (!strcmp(what, "tcp")) connected_tcp();
	if (!strcmp(what, "tun")) open("/dev/net/tun", O_RDWR);
	if (!strcmp(what, "device")) open("/dev/fuse", O_RDWR);
	if (!strcmp(what, "pidfd")) syscall(434, getppid(), 0);
	// The parent becomes the tracer, and there can be only one.
	if (!strcmp(what, "traced")) ptrace(PTRACE_TRACEME, 0, 0, 0);
	if (!strcmp(what, "io_uring")) {
		char parameters[256] = {0};
		syscall(425, 4, parameters);
	}
	if (!strcmp(what, "mapped io_uring")) {
		char parameters[256] = {0};
		mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, syscall(425, 4, parameters), 0);
	}
	puts("ready");
	fflush(stdout);
	dup2(0, 1);
	for (;;) pause();
}
