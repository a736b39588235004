// SPDX-License-Identifier: Apache-2.0
#include "path.h"

#include "base/fd.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/words.h"
#include "bytes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int path_read_fd(struct manifest *m, const char *name, int fd, struct err *err)
{
	auto_text data = TEXT_INIT(BYTES_MAX);
	int rc = text_read_fd(&data, fd);
	if (rc == -EFBIG)
		return err_input(err, "%s:1:1: larger than 16 MiB", name);
	if (rc < 0)
		return err_input(err, "%s: cannot be read: %s", name, strerror(-rc));
	return manifest_read(m, name, text_str(&data), data.length, err);
}

static int path_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_manifest_name(const char *name)
{
	static const char *const endings[] = {".yaml", ".yml", ".json"};
	const char *dot = strrchr(name, '.');
	for (size_t i = 0; dot && dot != name && i < sizeof endings / sizeof *endings; i++)
		if (!strcmp(dot, endings[i]))
			return true;
	return false;
}

static int path_read_file(struct manifest *m, const char *path, struct err *err)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return err_input(err, "%s: cannot be read: %s", path, strerror(errno));
	return path_read_fd(m, path, fd, err);
}

/* `names` and what it holds are the caller's. */
static int path_list(const char *folder, char ***names, struct err *err)
{
	DIR *dir = opendir(folder);
	if (!dir)
		return err_input(err, "%s: cannot be read: %s", folder, strerror(errno));
	struct dirent *entry;
	while ((entry = readdir(dir)))
		if (is_manifest_name(entry->d_name))
			words_push(names, entry->d_name);
	closedir(dir);
	return 0;
}

static int path_read_folder(struct manifest *m, const char *folder, struct err *err)
{
	char **names = NULL;
	bool has_slash = *folder && folder[strlen(folder) - 1] == '/';
	size_t files = 0;
	int rc = path_list(folder, &names, err);
	if (names)
		qsort(names, words_count(names), sizeof *names, path_compare);
	for (size_t i = 0; rc == 0 && names && names[i]; i++) {
		auto_free char *path = memory_printf("%s%s%s", folder, has_slash ? "" : "/", names[i]);
		struct stat st;
		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			continue;
		rc = path_read_file(m, path, err);
		files++;
	}
	words_free(names);
	return rc == 0 && !files ? err_input(err, "%s: no *.yaml, *.yml or *.json in this folder", folder) : rc;
}

int manifest_read_path(struct manifest *m, const char *path, struct err *err)
{
	if (!strcmp(path, "-"))
		return path_read_fd(m, "<stdin>", STDIN_FILENO, err);
	struct stat st;
	if (stat(path, &st) == -1)
		return err_input(err, "%s: cannot be read: %s", path, strerror(errno));
	return S_ISDIR(st.st_mode) ? path_read_folder(m, path, err) : path_read_file(m, path, err);
}
