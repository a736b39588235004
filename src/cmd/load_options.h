/* load_options.h - what `zerodrop load` is told on its command line. */
#ifndef CMD_LOAD_OPTIONS_H
#define CMD_LOAD_OPTIONS_H

#include "base/err.h"
#include "base/options.h"
#include "load/expect.h"
#include "load/load.h"

#include <stdbool.h>
#include <stdint.h>

struct load_options {
	int64_t connections, threads, requests, duration_ns, timeout_ns, connect_timeout_ns, max_lost;
	double rate; /* per second; 0: closed loop */
	enum load_arrivals arrivals;
	int64_t seed;
	char *method, *body, *pod_header, *format, *failures, *cacert;
	char *expect_body, *version_header, *version_body;
	char **headers, **resolve;
	int64_t streams;
	bool fresh, keepalive, quiet, insecure, http1, http2;
	struct expect expect;
};

/* As options_parse: 0, 1 after --help, or a negative errno. `ret_options` lasts for ever, `ret_urls` is to be freed. */
int load_options_parse(int argc, char **argv, const struct load_options **ret_options, char ***ret_urls,
		       struct err *err) __attribute__((warn_unused_result));
void load_options_finish(void);

extern const struct option_hint load_hints[]; /* load_hints.c */

#endif
