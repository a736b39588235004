// SPDX-License-Identifier: Apache-2.0
/* copy.c - `lameduck copy FILE`: an init container puts the program into a volume, without a shell or cp. */
#include "verbs.h"

#include "base/err.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

static int copy_to(const char *path, struct err *err)
{
	auto_close int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (from == -1)
		return err_system(err, errno, "cannot read myself");
	auto_close int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (to == -1)
		return err_system(err, errno, "cannot write %s", path);
	ssize_t n;
	while ((n = sendfile(to, from, NULL, 1 << 20)) > 0)
		;
	/* The umask does not know that it is to be run by whoever the app runs as. */
	if (n == -1 || fchmod(to, 0755) == -1)
		return err_system(err, errno, "cannot write %s", path);
	return 0;
}

int verb_copy(int argc, char **argv)
{
	struct err err = {0};
	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		puts("Usage: lameduck copy FILE\n\nCopies this program to FILE, for an init container that shares a "
		     "volume with the "
		     "app.");
		return STATUS_OK;
	}
	int rc = argc == 2 && argv[1][0] != '-' ? copy_to(argv[1], &err)
						: err_input(&err, "copy to which file? (see --help)");
	if (rc < 0)
		fprintf(stderr, "lameduck copy: %s\n", err.text);
	return rc < 0 ? err_status(&err) : STATUS_OK;
}
