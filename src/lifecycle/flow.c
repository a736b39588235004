// SPDX-License-Identifier: Apache-2.0
#include "instance.h"

#include "instant.h"

/* The ends are read first: what begins meanwhile makes the result too high, never too low, so a 0 was true. */
uint64_t lameduck_open(const struct flow *f)
{
	uint64_t ended = 0;
	for (int i = 0; i < LAMEDUCK_ENDS; i++)
		ended += atomic_load(&f->ended[i]);
	return atomic_load(&f->begun) - ended;
}

uint64_t lameduck_count_left(const struct lameduck *l)
{
	return lameduck_open(&l->connections) + lameduck_open(&l->requests) + atomic_load(&l->listening);
}

static void flow_end(struct lameduck *l, struct flow *f, enum lameduck_end end)
{
	atomic_fetch_add(&f->ended[end], 1);
	if (atomic_load(&l->state) == LAMEDUCK_DRAINING && lameduck_count_left(l) == 0)
		lameduck_wake(l);
}

bool lameduck_connection_begin(struct lameduck *l)
{
	if (!lameduck_may_accept(l))
		return false;
	atomic_fetch_add(&l->connections.begun, 1);
	return true;
}

void lameduck_connection_end(struct lameduck *l, enum lameduck_end end)
{
	flow_end(l, &l->connections, end);
}

void lameduck_request_begin(struct lameduck *l)
{
	atomic_fetch_add(&l->requests.begun, 1);
	if (l->config.quiet_ms > 0 && lameduck_is_ending(l))
		atomic_store(&l->arrived_ns, lameduck_now_ns());
}

void lameduck_request_end(struct lameduck *l, enum lameduck_end end)
{
	flow_end(l, &l->requests, end);
}

/* How long a state lasted: until `next` was entered, or until now. */
static int64_t state_lasted(const struct lameduck *l, enum lameduck_state state)
{
	int64_t from_ns = atomic_load(&l->entered_ns[state]);
	if (from_ns == 0)
		return 0;
	for (int next = state + 1; next < STATES; next++) {
		int64_t until_ns = atomic_load(&l->entered_ns[next]);
		if (until_ns != 0)
			return until_ns - from_ns;
	}
	return lameduck_now_ns() - from_ns;
}

static uint64_t ended_since(const struct flow *f, const struct flow_base *base, enum lameduck_end end)
{
	return atomic_load(&f->ended[end]) - atomic_load(&base->ended[end]);
}

void lameduck_get_report(const struct lameduck *l, struct lameduck_report *ret_report)
{
	struct lameduck_report r = {
		.state = lameduck_get_state(l),
		.why = (enum lameduck_why)atomic_load(&l->why),
		.lame_ns = state_lasted(l, LAMEDUCK_LAME),
		.drain_ns = state_lasted(l, LAMEDUCK_DRAINING),
		.connections = lameduck_open(&l->connections),
		.requests = lameduck_open(&l->requests),
		.listeners = atomic_load(&l->listening),
		.blind = atomic_load(&l->blind),
	};
	if (r.state > LAMEDUCK_READY) {
		r.accepted = atomic_load(&l->connections.begun) - atomic_load(&l->connections_base.begun);
		r.served = ended_since(&l->requests, &l->requests_base, LAMEDUCK_DONE);
		r.closed = ended_since(&l->connections, &l->connections_base, LAMEDUCK_DONE);
		for (int end = LAMEDUCK_DONE + 1; end < LAMEDUCK_ENDS; end++)
			r.cut[end] = ended_since(&l->connections, &l->connections_base, end) +
				     ended_since(&l->requests, &l->requests_base, end);
		r.lost = r.cut[LAMEDUCK_CUT_READING] + r.cut[LAMEDUCK_CUT_WORKING] + r.cut[LAMEDUCK_CUT_ANSWERING] +
			 (r.state == LAMEDUCK_STOPPED ? r.requests : 0);
	}
	*ret_report = r;
}
