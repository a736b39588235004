/* worker.h - the load in a process of its own, so that neither it nor what it measures waits for the other.
 *
 * The child enters the network namespace given, runs the load on a loop of its own and streams every outcome back; the
 * parent hands them on in order on its own loop. The child dies with its parent. If the child dies early, `done` comes
 * all the same, with what had arrived and `worker_failed` true.
 */
#ifndef LOAD_WORKER_H
#define LOAD_WORKER_H

#include "load.h"

struct worker;
/* `netns_fd` -1: stay where we are. Borrows `config` until the call returns (the child has its copy). The load starts
 * at once. Nothing else may reap the child: the worker waits for it by its pid. */
struct worker *worker_start(uv_loop_t *loop, const struct load_config *config, int netns_fd,
			    const struct load_sink *sink, struct err *err);
void worker_stop(struct worker *w);  /* as load_stop */
void worker_abort(struct worker *w); /* as load_abort */
bool worker_failed(const struct worker *w);
/* After done, also from inside it; kills a child that is still there (then `done` does not come). NULL is fine. */
void worker_destroy(struct worker *w);

#endif
