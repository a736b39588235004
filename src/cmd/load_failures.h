/* load_failures.h - the file of failures: one line of JSON each, written as it happens, by any thread. */
#ifndef CMD_LOAD_FAILURES_H
#define CMD_LOAD_FAILURES_H

#include "base/err.h"
#include "load/outcome.h"
#include "load/versions.h"

#include <pthread.h>
#include <stdio.h>

struct load_failures {
	const char *path; /* borrowed */
	FILE *file;       /* NULL: nobody wants it */
	pthread_mutex_t lock;
	int error; /* errno of the first line that could not be written */
};

/* `path` NULL: nothing is written. */
int load_failures_open(struct load_failures *f, const char *path, struct err *err) __attribute__((warn_unused_result));
/* Instants are told from the start of the load. */
void load_failures_write(struct load_failures *f, const struct outcome *o, int64_t start_ns, int64_t start_wall_ns,
			 struct versions *versions);
int load_failures_close(struct load_failures *f, struct err *err) __attribute__((warn_unused_result));

#endif
