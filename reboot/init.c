/*
 * The first program of a guest: loads the modules in /modules by their names' order, mounts the root disk, and becomes
 * its init. Linked statically, it is all that the initial file system needs.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void fail(const char *what)
{
	perror(what);
	sleep(1);
	exit(1);
}

int main(void)
{
	struct dirent **names;
	int count = scandir("/modules", &names, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		char path[512];
		snprintf(path, sizeof(path), "/modules/%s", names[i]->d_name);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (names[i]->d_name[0] != '.' && syscall(SYS_finit_module, fd, "", 0) != 0)
			perror(path);
		close(fd);
	}
	if (mount("dev", "/dev", "devtmpfs", 0, NULL) != 0)
		fail("devtmpfs");
	/* The disk's driver finds it by and by. */
	for (int i = 0; access("/dev/vda", F_OK) != 0; i++) {
		if (i == 500)
			fail("/dev/vda");
		usleep(10000);
	}
	if (mount("/dev/vda", "/new", "ext4", 0, NULL) != 0)
		fail("mount /dev/vda");
	if (mount("/dev", "/new/dev", NULL, MS_MOVE, NULL) != 0)
		fail("move /dev");
	if (chdir("/new") != 0 || mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0 || chdir("/") != 0)
		fail("new root");
	execl("/bin/sh", "sh", "/opt/dbusfreeze-tui/reboot/guest.sh", NULL);
	fail("guest.sh");
}
