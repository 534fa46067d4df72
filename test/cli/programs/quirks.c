/*
 * Preloaded into a service, gives it what CRIU does not bring back as it was: a POSIX lock on a file that it has mapped
 * ($QUIRK_FILE), as SQLite has one in its -shm file, and sockets with SO_REUSEADDR alone.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static void lock_mapped(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	if (fd < 0 || ftruncate(fd, 4096) != 0)
		abort();
	volatile char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		abort();
	map[0] = 1;
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 128, .l_len = 1};
	if (fcntl(fd, F_SETLK, &lock) != 0)
		abort();
}

static in_port_t bind_reusable(int type, in_port_t port)
{
	int fd = socket(AF_INET, type, 0), on = 1;
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = port};
	socklen_t length = sizeof address;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
		abort();
	if (type == SOCK_STREAM && listen(fd, 5) != 0)
		abort();
	getsockname(fd, (struct sockaddr *)&address, &length);
	return address.sin_port;
}

__attribute__((constructor)) static void have_quirks(void)
{
	const char *path = getenv("QUIRK_FILE");
	if (!path)
		return;
	lock_mapped(path);
	bind_reusable(SOCK_STREAM, 0);
	/* Two on one port, as for multicasts. */
	bind_reusable(SOCK_DGRAM, bind_reusable(SOCK_DGRAM, 0));
}
