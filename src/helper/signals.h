/* signals.h - signals by name, and which to send instead of which. */
#ifndef HELPER_SIGNALS_H
#define HELPER_SIGNALS_H

#include "base/err.h"

/* "TERM", "SIGTERM", "15", "RTMIN+3". */
int signals_parse(const char *word, int *ret_number, struct err *err) __attribute__((warn_unused_result));
/* "TERM"; a number where there is no name. Good until the next call. */
const char *signals_name(int number);

#define SIGNALS_MAX 65

/* What is sent to the app instead of what we were sent; 0 at [n]: n itself. */
struct signals_map {
	unsigned char to[SIGNALS_MAX];
	unsigned char swallowed[SIGNALS_MAX]; /* "HUP:0": not sent on at all */
};

/* "QUIT" (TERM becomes QUIT), "TERM:QUIT", "HUP:0". */
int signals_map_parse(struct signals_map *m, const char *word, struct err *err) __attribute__((warn_unused_result));
/* 0: not sent on. */
int signals_map_of(const struct signals_map *m, int number);

#endif
