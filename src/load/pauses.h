/* pauses.h - the places of a closed loop whose request could not be sent, and when they may go on: hammering says
 * nothing about our own limits, nor about a service that is away. */
#ifndef LOAD_PAUSES_H
#define LOAD_PAUSES_H

#include <stdint.h>

struct pauses {
	int64_t *until_ns; /* a ring, in order of time */
	uint64_t places, first, count;
};

/* No more than `places` pause at the same time; 0: none ever does. */
void pauses_init(struct pauses *p, uint64_t places);
void pauses_finish(struct pauses *p);
void pauses_add(struct pauses *p, int64_t now_ns);
void pauses_expire(struct pauses *p, int64_t now_ns);
int64_t pauses_next_ns(const struct pauses *p); /* INT64_MAX: none */

#endif
