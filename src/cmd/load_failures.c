// SPDX-License-Identifier: Apache-2.0
#include "load_failures.h"

#include "load/summary.h"

#include <errno.h>
#include <stdlib.h>

int load_failures_open(struct load_failures *f, const char *path, struct err *err)
{
	*f = (struct load_failures){.path = path};
	(void)pthread_mutex_init(&f->lock, NULL);
	if (!path)
		return 0;
	f->file = fopen(path, "we");
	if (!f->file)
		return err_system(err, errno, "cannot write %s", path);
	/* Line by line: what was lost stays on disk whatever becomes of us. */
	(void)setvbuf(f->file, NULL, _IOLBF, 0);
	return 0;
}

void load_failures_write(struct load_failures *f, const struct outcome *o, int64_t start_ns, int64_t start_wall_ns,
			 struct versions *versions)
{
	if (!f->file)
		return;
	json_t *line = summary_failure(o, start_ns, start_wall_ns, versions);
	(void)pthread_mutex_lock(&f->lock);
	if (!f->error &&
	    (json_dumpf(line, f->file, JSON_COMPACT | JSON_PRESERVE_ORDER) < 0 || fputc('\n', f->file) == EOF))
		f->error = errno;
	(void)pthread_mutex_unlock(&f->lock);
	json_decref(line);
}

int load_failures_close(struct load_failures *f, struct err *err)
{
	if (!f->file)
		return 0;
	if (fclose(f->file) == EOF && !f->error)
		f->error = errno;
	f->file = NULL;
	return f->error ? err_system(err, f->error, "cannot write %s", f->path) : 0;
}
