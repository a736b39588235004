/* http1.h - HTTP/1 on a connection: requests one after the other, parsed, worked on, answered. Private to this room. */
#ifndef SERVE_HTTP1_H
#define SERVE_HTTP1_H

struct lane;
struct protocol;

extern const struct protocol serve_http1;

void http1_free_spare(struct lane *l);

#endif
