/* facts.h - what was known about a rollout before it began: the settings that diagnosis weighs and advice rewrites.
 *
 * Plain data, copied with `=`. Texts are "" and numbers 0 where something is unknown or not there.
 */
#ifndef RUN_FACTS_H
#define RUN_FACTS_H

#include "load/load.h"

#include <stdbool.h>
#include <stdint.h>

#define FACTS_NAME_SIZE 64
#define FACTS_TEXT_SIZE 160

struct run_facts {
	char deployment[FACTS_NAME_SIZE];
	char container[FACTS_NAME_SIZE]; /* the one that serves */
	int64_t port;                    /* that it serves on */
	int64_t replicas;
	int64_t max_surge, max_unavailable; /* in pods, after rounding */
	bool recreate;                      /* strategy Recreate */
	int64_t min_ready_ns;
	int64_t grace_ns; /* terminationGracePeriodSeconds */
	bool has_pre_stop;
	char pre_stop[FACTS_TEXT_SIZE]; /* for people: "exec: sleep 61" */
	int64_t pre_stop_sleep_ns;      /* when all it does is sleep */
	bool has_readiness, has_liveness, has_startup;
	char readiness[FACTS_TEXT_SIZE]; /* for people: "httpGet /ready on 8080" */
	char liveness[FACTS_TEXT_SIZE];

	char request[FACTS_TEXT_SIZE]; /* for people: "POST /" */
	double rate;                   /* asked for, per second; 0 = closed loop */
	int64_t timeout_ns, connect_timeout_ns;
	int target_count;
	char targets[LOAD_TARGETS_MAX]
		    [32]; /* load_target.name in order; a data plane of the same name is the way it took */
};

#endif
