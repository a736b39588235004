// SPDX-License-Identifier: Apache-2.0
#include "base/fd.h"
#include "base/memory.h"
#include "base/text.h"
#include "bytes.h"
#include "manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

extern char **environ;

#define COMPLAINT_MAX 4096

/* stdout to a pipe, stderr to a file in memory, so that neither waits for the other to be read. */
static int kustomize_spawn(const char *folder, int out, int complaints, pid_t *ret_pid)
{
	char *argv[] = {"kubectl", "kustomize", "--", (char *)folder, NULL};
	posix_spawn_file_actions_t actions;
	int number = posix_spawn_file_actions_init(&actions);
	if (number)
		return -number;
	number = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!number)
		number = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (!number)
		number = posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO);
	if (!number)
		number = posix_spawnp(ret_pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -number;
}

static int kustomize_wait(pid_t pid)
{
	int status = 0;
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EINVAL;
}

/* What is said behind `key` up to the end of the line; NULL when it is not there. */
static const char *complaint_behind(const char *all, const char *key)
{
	const char *at = strstr(all, key);
	return at ? at + strlen(key) : NULL;
}

/* The error itself: warnings may stand before it, and some versions of kubectl log it (`"command failed" err="…"`). */
static int kustomize_complain(const char *name, int complaints, struct err *err)
{
	auto_text all = TEXT_INIT(COMPLAINT_MAX);
	bool is_readable = lseek(complaints, 0, SEEK_SET) == 0;
	if (!is_readable || (text_read_fd(&all, complaints) < 0 && !all.truncated)) /* its beginning is enough */
		text_reset(&all);
	const char *line = complaint_behind(text_str(&all), "\"command failed\" err=\"");
	size_t quote = line ? 1 : 0;
	if (!line)
		line = complaint_behind(text_str(&all), "error: ");
	if (!line)
		line = text_str(&all);
	size_t length = strcspn(line, "\r\n");
	if (length > quote && line[length - 1] == '"')
		length -= quote;
	if (!length)
		return err_input(err, "%s: kubectl failed and did not say why", name);
	return err_input(err, "%s: %.*s", name, (int)length, line);
}

static int kustomize_read(const char *folder, const char *name, struct text *ret_output, struct err *err)
{
	auto_close int complaints = memfd_create("kustomize", MFD_CLOEXEC);
	int ends[2];
	if (complaints == -1 || pipe2(ends, O_CLOEXEC) == -1)
		return err_system(err, errno, "%s: cannot start kubectl", name);
	auto_close int in = ends[0];
	auto_close int out = ends[1];
	pid_t pid;
	int rc = kustomize_spawn(folder, out, complaints, &pid);
	if (rc == -ENOENT)
		return err_system(err, ENOENT, "-k needs kubectl to render %s, and there is none in PATH", folder);
	if (rc < 0)
		return err_system(err, -rc, "%s: cannot start kubectl", name);
	fd_close(&out);
	int read_rc = text_read_fd(ret_output, in);
	if (read_rc < 0)
		(void)kill(pid, SIGKILL);
	rc = kustomize_wait(pid);
	if (read_rc == -EFBIG)
		return err_input(err, "%s:1:1: larger than 16 MiB", name);
	if (read_rc < 0)
		return err_system(err, -read_rc, "%s: cannot read from kubectl", name);
	return rc < 0 ? kustomize_complain(name, complaints, err) : 0;
}

int manifest_read_kustomization(struct manifest *m, const char *folder, struct err *err)
{
	auto_free char *name = memory_printf("kustomize %s", folder);
	auto_text output = TEXT_INIT(BYTES_MAX);
	int rc = kustomize_read(folder, name, &output, err);
	return rc < 0 ? rc : manifest_read(m, name, text_str(&output), output.length, err);
}
