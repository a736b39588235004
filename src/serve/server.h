/* server.h - what the server's parts share: the loop, the lifecycle, the connections. Private to this room. */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include "answer.h"
#include "base/list.h"
#include "gate.h"
#include "lifecycle/lifecycle.h"
#include "lifecycle/listener.h"
#include "serve.h"

#include <uv.h>

/* One read, and the most that is put together before it is written. Both buffers serve one connection at a time. */
#define SERVER_READ_SIZE (64 * 1024)
#define SERVER_WRITE_SIZE (64 * 1024)

/* From TERM on. */
struct server_report {
	uint64_t served;
	uint64_t closed;      /* after their last answer, or idle and given time */
	uint64_t closed_idle; /* idle, without a word */
	uint64_t cut;         /* requests that got no answer, or half of one */
};

struct server {
	const struct serve_config *config;
	uv_loop_t loop;
	uv_signal_t signals[2];
	uv_timer_t tick; /* the lifecycle's next moment */
	uv_timer_t look; /* the listener's: the next look while it retires, the next try when descriptors ran out */
	uv_poll_t accepting;
	int listen_fd; /* -1 once closed */
	uint16_t port;
	bool is_listening, is_retiring, is_finished;
	struct listener retiring;
	int64_t term_ns, farewell_ns;
	struct err failure;

	struct lifecycle life;
	struct gate gate;
	struct list connections;
	uint64_t connection_count;
	struct answers answers;
	struct server_report report;
	struct text out;
	char in[SERVER_READ_SIZE];
};

/* Answers ask for no more, in the modes that say so. */
bool server_asks_to_close(const struct server *s);
/* A connection has gone: perhaps it was what the server waited for. */
void server_connection_gone(struct server *s);

#endif
