// SPDX-License-Identifier: Apache-2.0
#include "lane.h"

#include "access.h"
#include "base/memory.h"
#include "connection.h"
#include "http1.h"
#include "leaving.h"
#include "server.h"
#include "work.h"

#include <stdlib.h>

static void on_timer(uv_timer_t *timer)
{
	struct lane *l = timer->data;
	struct deadline *d;
	l->timer_ms = DEADLINE_NEVER;
	while ((d = deadlines_take(&l->deadlines, lane_now(l))))
		d->due(d);
}

static void lane_bury(void *lane)
{
	struct lane *l = lane;
	list_each(link, following, &l->gone) connection_free(connection_of(link));
	list_init(&l->gone);
}

/* One timer for all deadlines, set once a turn at most. */
static void on_before_wait(uv_prepare_t *prepare)
{
	struct lane *l = prepare->data;
	uint64_t next = deadlines_next(&l->deadlines);
	lane_bury(l);
	access_flush(l);
	if (next == l->timer_ms)
		return;
	l->timer_ms = next;
	if (next == DEADLINE_NEVER) {
		uv_timer_stop(&l->timer);
		return;
	}
	uv_update_time(&l->loop);
	uint64_t now = lane_now(l);
	uv_timer_start(&l->timer, on_timer, next > now ? next - now : 0, 0);
}

static bool inbox_take(struct lane_inbox *inbox, struct newcomer *ret_new)
{
	uv_mutex_lock(&inbox->lock);
	bool is_any = inbox->count > 0;
	if (is_any)
		*ret_new = inbox->newcomers[--inbox->count];
	uv_mutex_unlock(&inbox->lock);
	return is_any;
}

static void lane_end(struct lane *l)
{
	list_each(link, following, &l->connections)
	{
		struct connection *c = connection_of(link);
		connection_cut(c);
		connection_drop(c);
	}
	access_flush(l);
	poller_close(&l->poller, lane_bury);
	uv_close((uv_handle_t *)&l->wake, NULL);
	uv_close((uv_handle_t *)&l->before_wait, NULL);
	uv_close((uv_handle_t *)&l->timer, NULL);
}

static void lane_carry_out(struct lane *l, enum lane_order order)
{
	switch (order) {
	case LANE_SERVE:
		break;
	case LANE_DRAIN:
	case LANE_DISMISS:
		work_release_hooks(l);
		/* fall through */
	case LANE_LAME:
		list_each(link, following, &l->connections) connection_obey(connection_of(link), order);
		break;
	case LANE_END:
		lane_end(l);
		break;
	}
}

void lane_obey(struct lane *l)
{
	struct newcomer new;
	/* Orders first seen before the inbox: what is taken afterwards is under those orders anyway. */
	enum lane_order wanted = atomic_load(&l->server->order);
	while (inbox_take(&l->inbox, &new))
		connection_create(l, &new);
	work_take_granted(l);
	if (l->order < wanted) {
		l->order = wanted;
		lane_carry_out(l, wanted);
	}
}

static void on_wake(uv_async_t *async)
{
	struct lane *l = async->data;
	lane_obey(l);
	if (l == l->server->lanes[0])
		leaving_look(l->server);
}

void lane_wake(struct lane *l)
{
	(void)uv_async_send(&l->wake);
}

void lane_give(struct lane *l, const struct newcomer *new)
{
	struct lane_inbox *inbox = &l->inbox;
	uv_mutex_lock(&inbox->lock);
	if (inbox->count == inbox->capacity) {
		inbox->capacity = inbox->capacity ? 2 * inbox->capacity : 16;
		inbox->newcomers = memory_resize(inbox->newcomers, inbox->capacity, sizeof *inbox->newcomers);
	}
	inbox->newcomers[inbox->count++] = *new;
	uv_mutex_unlock(&inbox->lock);
	lane_wake(l);
}

uint64_t lane_number(struct lane *l)
{
	return l->numbered += l->server->lane_count;
}

static bool lane_draws(struct lane *l, double rate)
{
	return rate > 0 && (double)(random_next(&l->chances) >> 11) * 0x1p-53 < rate;
}

struct route lane_route(struct lane *l, bool is_probe_port, const char *target, size_t length)
{
	const struct serve_config *config = l->server->config;
	struct route_facts facts = server_facts(l->server, is_probe_port);
	struct route route = route_find(target, length, &facts);
	if (route.kind != ROUTE_PAGE)
		return route;
	if (lane_draws(l, config->error_rate)) {
		route.status = 500;
		route.body = "an error, as was asked for\n";
	}
	if (lane_draws(l, config->hang_rate))
		route.wait_ns = ROUTE_FOR_EVER;
	return route;
}

struct lane *lane_create(struct server *s, struct err *err)
{
	struct lane *l = memory_new(1, sizeof *l);
	int rc = uv_loop_init(&l->loop);
	if (rc < 0) {
		(void)err_system(err, -rc, "cannot make an event loop");
		goto fail_memory;
	}
	if (poller_init(&l->poller, &l->loop, lane_bury, l, err) < 0)
		goto fail_loop;
	l->server = s;
	l->numbered = s->lane_count;
	l->access = (struct text)TEXT_INIT(4 * LANE_WRITE_SIZE);
	l->chances.state = s->config->seed + s->lane_count;
	l->timer_ms = DEADLINE_NEVER;
	l->out = (struct text)TEXT_INIT(4 * LANE_WRITE_SIZE);
	list_init(&l->connections);
	list_init(&l->gone);
	list_init(&l->granted);
	list_init(&l->hooks);
	uv_mutex_init(&l->inbox.lock);
	answers_init(&l->answers, s->config->version, s->config->pod);
	uv_async_init(&l->loop, &l->wake, on_wake);
	uv_prepare_init(&l->loop, &l->before_wait);
	uv_timer_init(&l->loop, &l->timer);
	l->wake.data = l->before_wait.data = l->timer.data = l;
	uv_prepare_start(&l->before_wait, on_before_wait);
	return l;

fail_loop:
	(void)uv_loop_close(&l->loop);
fail_memory:
	free(l);
	return NULL;
}

static void lane_run(void *data)
{
	struct lane *l = data;
	uv_run(&l->loop, UV_RUN_DEFAULT);
}

int lane_start(struct lane *l, struct err *err)
{
	int rc = uv_thread_create(&l->thread, lane_run, l);
	l->has_thread = rc == 0;
	return rc < 0 ? err_system(err, -rc, "cannot start a thread") : 0;
}

void lane_join(struct lane *l)
{
	if (l->has_thread)
		(void)uv_thread_join(&l->thread);
	else
		lane_run(l);
}

void lane_destroy(struct lane *l)
{
	if (!l)
		return;
	(void)uv_loop_close(&l->loop);
	uv_mutex_destroy(&l->inbox.lock);
	http1_free_spare(l);
	deadlines_finish(&l->deadlines);
	answers_finish(&l->answers);
	text_finish(&l->out);
	text_finish(&l->access);
	free(l->inbox.newcomers);
	free(l);
}
