/* title long|short PADDING…: writes over its arguments, as setproctitle(3) does: beyond their end, or less than they had. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	size_t room = argv[argc - 1] + strlen(argv[argc - 1]) + 1 - argv[0];
	int is_long = strcmp(argv[1], "long") == 0;
	memset(argv[0], 0, room);
	if (is_long)
		memset(argv[0], 't', room + 3);
	else
		strcpy(argv[0], "short");
	puts("ready");
	fflush(stdout);
	/* What leads to the test, CRIU could not dump. */
	close(1);
	close(2);
	for (;;)
		pause();
}
