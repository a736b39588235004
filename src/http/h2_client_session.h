/* h2_client_session.h - the other half of h2_client.c: what nghttp2 tells about its session, and asks for. Private to
 * both. */
#ifndef HTTP_H2_CLIENT_SESSION_H
#define HTTP_H2_CLIENT_SESSION_H

#include "h2_client.h"
#include "h2_frames.h"
#include "h2_output.h"

struct h2_client {
	nghttp2_session *session;
	const struct h2_client_events *events;
	void *data;
	struct h2_output output;
	struct h2_frames frames; /* of what comes in */
	uint32_t in_flight;
	int32_t last_id; /* the last that GOAWAY leaves in */
	bool has_settings, has_goaway, has_left, is_broken;
	bool is_busy;    /* inside the session: nothing may be taken out of it */
	bool ends_block; /* the HEADERS on their way out end their request */
};

void h2_client_session_open(struct h2_client *c);
/* Gives it its number. */
void h2_client_session_submit(struct h2_client *c, struct h2_stream *s);
/* NULL: nobody waits for it (any more). */
struct h2_stream *h2_client_session_stream(const struct h2_client *c, int32_t id);
/* Nobody waits for it from now on. */
void h2_client_session_forget(struct h2_client *c, struct h2_stream *s);

#endif
