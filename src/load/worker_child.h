/* worker_child.h - the child's half of worker.h, and what goes over the pipe between the two.
 *
 * Data, child to parent: frames of a header and its payload, in the machine's own layout (both are one program).
 * First FRAME_HELLO (payload: struct err, its kind ERR_NONE when the load is about to start), then FRAME_OUTCOMES
 * (`count` of them), at the end FRAME_TOTALS. Control, parent to child: single bytes; its end means abort.
 */
#ifndef LOAD_WORKER_CHILD_H
#define LOAD_WORKER_CHILD_H

#include "load.h"

#include <stddef.h>

enum frame_kind { FRAME_HELLO = 1, FRAME_OUTCOMES, FRAME_TOTALS };

struct frame {
	uint32_t kind;
	uint32_t count;
};

#define FRAME_OUTCOMES_MAX 128

static inline size_t frame_payload(const struct frame *f)
{
	return f->kind == FRAME_OUTCOMES ? f->count * sizeof(struct outcome)
	       : f->kind == FRAME_TOTALS ? sizeof(struct load_totals)
					 : sizeof(struct err);
}

#define CONTROL_STOP 's'
#define CONTROL_ABORT 'a'

/* In the child of fork(), with every signal blocked. Never returns. */
void worker_child_run(const struct load_config *config, int netns_fd, int data_fd, int control_fd)
	__attribute__((noreturn));

#endif
