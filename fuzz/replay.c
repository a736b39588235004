// SPDX-License-Identifier: Apache-2.0
/* replay.c - runs a fuzzer over every file of the given folders, without libFuzzer: the corpus as an ordinary test. */
#include "base/fd.h"
#include "base/memory.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX (32 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
	auto_text data = TEXT_INIT(INPUT_MAX);
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = fd == -1 ? -errno : text_read_fd(&data, fd);
	if (rc < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(-rc));
		return rc;
	}
	fprintf(stderr, "%s\n", path); /* the last one printed is the one that failed */
	LLVMFuzzerTestOneInput((const uint8_t *)text_str(&data), data.length);
	return 0;
}

/* How many files, or a negative errno. */
static int replay_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	if (!dir) {
		fprintf(stderr, "%s: %s\n", folder, strerror(errno));
		return -errno;
	}
	int count = 0, rc = 0;
	struct dirent *entry;
	while (rc == 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		auto_free char *path = memory_printf("%s/%s", folder, entry->d_name);
		rc = replay_file(path);
		count++;
	}
	closedir(dir);
	return rc < 0 ? rc : count;
}

int main(int argc, char **argv)
{
	int total = 0;
	for (int i = 1; i < argc; i++) {
		int count = replay_folder(argv[i]);
		if (count < 0)
			return 1;
		total += count;
	}
	if (!total)
		fputs("replay: no files, so nothing was tried\n", stderr);
	return total ? 0 : 1;
}
