// SPDX-License-Identifier: Apache-2.0
/* lameduck_machine.c - whatever comes in whatever order, a server's life goes forward, keeps its deadline, and asks to
 * be woken for it. Eight bytes are the configuration, then each byte is something that happens, or time that passes. */
#include "lifecycle/instant.h"
#include "lifecycle/machine.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* All that is due now, as lameduck_dispatch does. */
static void advance(struct lameduck_machine *m, struct lameduck_facts *f)
{
	for (int steps = 0;; steps++) {
		enum lameduck_state before = m->state;
		require(steps < 5);
		if (!lameduck_machine_advance(m, f)) {
			require(m->state == before);
			break;
		}
		require(m->state > before && m->lasted_ns >= 0);
	}
	bool is_over = m->state == LAMEDUCK_STOPPED;
	require(is_over || f->terms < 2);
	require(is_over || m->state < LAMEDUCK_LAME || f->now_ns < lameduck_machine_end_ns(m));
	require((m->state > LAMEDUCK_READY) == (f->terms || f->has_prestop));
	int64_t next_ns = lameduck_machine_next_ns(m);
	/* Time that has come and changed nothing would turn the loop for ever. */
	require(next_ns > f->now_ns);
	require(is_over || m->state < LAMEDUCK_LAME || next_ns <= lameduck_machine_end_ns(m));
}

static void happen(struct lameduck_machine *m, struct lameduck_facts *f, uint8_t what)
{
	bool is_first = !f->terms && !f->has_prestop;
	switch (what) {
	case 0:
		f->is_able = true;
		break;
	case 1:
		f->terms += f->terms < 2;
		f->ending_ns = is_first ? f->now_ns : f->ending_ns;
		break;
	case 2:
		f->has_prestop |= is_first;
		f->ending_ns = is_first ? f->now_ns : f->ending_ns;
		break;
	case 3:
		f->left = !f->left;
		break;
	case 4:
		f->arrivals += 100;
		f->arrived_ns = f->now_ns;
		break;
	case 5:
		if (lameduck_machine_next_ns(m) != LAMEDUCK_NEVER)
			f->now_ns = lameduck_machine_next_ns(m);
		break;
	default:
		f->now_ns += what * INT64_C(100) * NS_PER_MS;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lameduck_config c;
	struct lameduck_machine m;
	struct lameduck_facts f = {.now_ns = 1, .left = 1};
	if (size < 8)
		return 0;
	lameduck_config_init(&c);
	c.grace_ms = data[0] * INT64_C(1000);
	c.prestop_ms = data[1] * INT64_C(100);
	c.margin_ms = data[2] == 255 ? LAMEDUCK_AUTO : data[2] * INT64_C(10);
	c.lame_duck_ms = data[3] == 255 ? LAMEDUCK_AUTO : data[3] * INT64_C(100);
	c.quiet_ms = data[4] * INT64_C(100);
	c.drain_ms = data[5] == 255 ? LAMEDUCK_AUTO : data[5] * INT64_C(100);
	f.left = data[6] & 1;
	f.is_able = data[7] & 1;
	if (lameduck_config_resolve(&c, NULL) < 0)
		return 0;
	lameduck_machine_init(&m, &c, f.now_ns);
	for (size_t i = 8; i < size && i < 4096; i++) {
		advance(&m, &f);
		happen(&m, &f, data[i]);
	}
	advance(&m, &f);
	return 0;
}
