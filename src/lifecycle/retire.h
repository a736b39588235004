/* retire.h - the looks of a listener that retires, for whoever has several of them on one port. */
#ifndef LIFECYCLE_RETIRE_H
#define LIFECYCLE_RETIRE_H

#include <lameduck.h>

/* A look, with what it saw (handshakes, or a negative errno), when, and how long it took. True: done waiting. Else
 * r->next_ns is when to look again. */
bool lameduck_listener_look(struct lameduck_listener *r, int count, int64_t now_ns, int64_t cost_ns);

#endif
