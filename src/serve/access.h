/* access.h - one line for each answer, where that is asked for. Kept by the lane and written once a turn. */
#ifndef SERVE_ACCESS_H
#define SERVE_ACCESS_H

#include <stddef.h>
#include <stdint.h>

struct connection;
struct lane;

struct access {
	const char *method, *target; /* method: "-" where none could be read */
	size_t target_length;
	int status;
	int64_t began_ns; /* when the request was whole; 0: never */
};

/* Does nothing where no access log is wanted. */
void access_add(const struct connection *c, const struct access *a);
void access_flush(struct lane *l);

#endif
