/*
 * Preloaded into a service, gives it what CRIU does not bring back as it was: a POSIX lock on a file that it has mapped
 * ($QUIRK_FILE), as SQLite has one in its -shm file, and sockets: with SO_REUSEADDR alone, and both ends of a TCP
 * connection.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static int checked(int result)
{
	if (result < 0)
		abort();
	return result;
}

static void lock_mapped(const char *path)
{
	int fd = checked(open(path, O_RDWR | O_CREAT, 0600));
	checked(ftruncate(fd, 4096));
	volatile char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		abort();
	map[0] = 1;
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 128, .l_len = 1};
	checked(fcntl(fd, F_SETLK, &lock));
}

/* Port 0: any; the one it got is put there. */
static int bound(int type, struct sockaddr_in *address)
{
	int fd = checked(socket(AF_INET, type, 0)), on = 1;
	socklen_t length = sizeof *address;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	checked(bind(fd, (struct sockaddr *)address, length));
	checked(getsockname(fd, (struct sockaddr *)address, &length));
	return fd;
}

static struct sockaddr_in loopback(void)
{
	return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

__attribute__((constructor)) static void have_quirks(void)
{
	const char *path = getenv("QUIRK_FILE");
	if (!path)
		return;
	lock_mapped(path);
	/* Two on one port, as for multicasts. */
	struct sockaddr_in address = loopback();
	bound(SOCK_DGRAM, &address);
	bound(SOCK_DGRAM, &address);
	address = loopback();
	int listener = bound(SOCK_STREAM, &address);
	checked(listen(listener, 5));
	checked(connect(checked(socket(AF_INET, SOCK_STREAM, 0)), (struct sockaddr *)&address, sizeof address));
	checked(accept(listener, NULL, NULL));
}
