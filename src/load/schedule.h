/* schedule.h - when each request is due and where it goes: arithmetic only, no clock, no sockets.
 *
 * Instants are computed from the start, never from the request before, so that nothing drifts.
 */
#ifndef LOAD_SCHEDULE_H
#define LOAD_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#define SCHEDULE_ENDLESS UINT64_MAX

/* When request `i` (from 0) is due, ns after the start. */
int64_t schedule_due_ns(double rate, uint64_t i);

/* To a whole number, and no later than where a sum of such instants still fits. */
int64_t schedule_round_ns(double ns);

/* How many requests are due before `duration_ns`, and no more than `requests`; 0 stands for no limit in both. */
uint64_t schedule_total(double rate, int64_t requests, int64_t duration_ns);

/* Modes alternate by request; within a mode targets take turns, and a path stays for one round of the targets: so that
 * over time every mode meets every target with every path. */
struct schedule_turn {
	bool fresh;
	int target;
	uint64_t path; /* modulo the number of paths */
};
struct schedule_turn schedule_turn(bool fresh, bool keepalive, int targets, uint64_t i);

#endif
