/* leaving.h - how the server goes: what each state of its life means for listener and connections. Main thread. */
#ifndef SERVE_LEAVING_H
#define SERVE_LEAVING_H

#include <lameduck.h>

struct server;

/* What liblameduck calls back. */
void leaving_on_change(struct lameduck *duck, const struct lameduck_change *change, void *server);
/* Nothing more is waited for: what is open dies, and is counted. The loops end. */
void leaving_finish(struct server *s);
/* After the deadline everything may have gone. */
void leaving_look(struct server *s);

#endif
