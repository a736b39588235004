/* crew.h - a load on several threads, with the verbs of load.h.
 *
 * Each member of the crew is a thread with a loop and a load of its own: its share of the schedule (request i of the
 * whole is that of member i mod N, due when it would be with one) and of the connections. Nothing is shared but the
 * word to stop. Totals are added up.
 *
 * Outcomes are told on the member's thread, where they happen: those of one member one after the other, those of two at
 * the same time. What a sink keeps by member needs no lock and can be added up in `done`, which comes on the caller's
 * loop when all threads are gone. Members take no signals.
 */
#ifndef LOAD_CREW_H
#define LOAD_CREW_H

#include "load.h"

#define CREW_MAX 256

struct crew_sink {
	void (*outcome)(const struct outcome *o, int member, void *data); /* member: from 0 */
	void (*done)(const struct load_totals *totals, void *data);       /* once; nothing follows */
	void *data;
};

struct crew;
/* 1 to CREW_MAX threads; no more than connections, where those have a number. Borrows what `config` points at until
 * crew_destroy. */
struct crew *crew_create(uv_loop_t *loop, const struct load_config *config, int threads, const struct crew_sink *sink,
			 struct err *err);
int crew_members(const struct crew *c);
void crew_start(struct crew *c);
/* When the first request is due; 0 before crew_start. Any thread. */
int64_t crew_start_ns(const struct crew *c);
/* As load_stop and load_abort; from any thread, a sink's `outcome` included. */
void crew_stop(struct crew *c);
void crew_abort(struct crew *c);
/* Of the whole, borrowed: all of it in and after `done`; before that as it was when this was last asked for, so ask
 * every so often. On the caller's thread. */
const struct load_totals *crew_totals(struct crew *c);
/* After done, also from inside it (earlier, it cuts everything, and `done` does not come). NULL is fine. */
void crew_destroy(struct crew *c);

#endif
