/* settings.h - the command line of `lameduck`. */
#ifndef HELPER_SETTINGS_H
#define HELPER_SETTINGS_H

#include "signals.h"
#include "waiting.h"

#include <netinet/in.h>
#include <stdbool.h>

struct settings {
	int64_t grace_ns, min_ns, max_ns, quiet_ns;
	double risk, probes_per_s;
	struct connections_config connections;
	int64_t probe_port; /* 0: none */
	char *ready_file;
	int64_t ready_port; /* 0: not looked at */
	struct signals_map map;
	bool triggers[SIGNALS_MAX]; /* what begins the end */
	bool to_group;
	char *log; /* termination message file */
	struct sockaddr_storage statsd;
	socklen_t statsd_length; /* 0: none */
	bool is_json;
};

enum settings_verb { SETTINGS_RUN, SETTINGS_PRESTOP, SETTINGS_STATUS };

/* As base/options.h: 0 go on, 1 help was printed, <0 an error. `ret_arguments` is to be freed. */
int settings_parse(enum settings_verb verb, int argc, char **argv, const struct settings **ret_settings,
		   char ***ret_arguments, struct err *err) __attribute__((warn_unused_result));
struct waiting_config settings_waiting(const struct settings *s);
/* KILL comes so long after TERM. */
int64_t settings_deadline_ns(const struct settings *s);

#endif
