/* h2_session.h - what the parts of h2_server share. Private to this room. */
#ifndef HTTP_H2_SESSION_H
#define HTTP_H2_SESSION_H

#include "h2_meter.h"
#include "h2_server.h"

enum h2_server_state {
	H2_OPEN = 0,
	H2_NOTICED, /* GOAWAY 2^31-1, then a PING: both are on their way */
	H2_LEFT,    /* the last GOAWAY is */
};

struct h2_server {
	nghttp2_session *session;
	const struct h2_config *config;
	void *data;
	struct list requests;
	struct h2_meter meter;
	enum h2_server_state state;
	bool is_leaving; /* LEFT, as soon as nghttp2 may be asked to write */
	bool is_busy;    /* it may not: a callback of its is running */
	int32_t last_id; /* no request beyond it is taken: INT32_MAX until the last GOAWAY is sent */
	int32_t late_id; /* 0, or the one that is to be refused */
	uint32_t failure;
	uint64_t progress, answered, cancelled;
	struct text held; /* what had to be written with the last GOAWAY, before anybody asked for it */
	size_t held_sent;
	const uint8_t *unsent; /* nghttp2's, good until it is asked for more */
	size_t unsent_length;
};

/* h2_events.c */
int h2_session_open(struct h2_server *s, const nghttp2_option *option);

/* h2_server.c */
void h2_server_fail(struct h2_server *s, uint32_t code); /* the first code counts */

/* h2_request.c */
struct h2_request *h2_request_create(struct h2_server *s, int32_t id);
void h2_request_free(struct h2_request *r);
/* False: so much that the connection has to end. */
bool h2_request_add_field(struct h2_request *r, const char *name, size_t name_length, const char *value,
			  size_t value_length) __attribute__((warn_unused_result));
void h2_request_finish_head(struct h2_request *r);
void h2_request_tell(struct h2_request *r); /* once */
void h2_request_close(struct h2_request *r, uint32_t code);

/* h2_answer.c */
void h2_body_free(struct h2_body *b);

#endif
