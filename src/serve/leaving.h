/* leaving.h - how the server goes: what each state of its life means for listener and connections. Main thread. */
#ifndef SERVE_LEAVING_H
#define SERVE_LEAVING_H

struct server;

/* As far as time and connections allow, then a timer for when time alone allows more. */
void leaving_advance(struct server *s);
/* Nothing more is waited for: what is open dies, and is counted. The loops end. */
void leaving_finish(struct server *s);
/* One line: the state it is in. */
void leaving_log(const struct server *s);

#endif
