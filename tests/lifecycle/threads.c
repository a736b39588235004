// SPDX-License-Identifier: Apache-2.0
/* Ends come from many threads at once, and the one that is the last must wake whoever drains: what is missed once in
 * many rounds is a drain that waits for its deadline. Worth running with -Db_sanitize=thread after a change. */
#include "../unit.h"
#include "base/fd.h"

#include <lameduck.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/socket.h>

#define THREADS 4
#define CONNECTIONS 50
#define ROUNDS 100
#define PATIENCE_MS 30000

struct round {
	struct lameduck *duck;
	int listening;
	atomic_bool is_told; /* the listener may be closed */
	atomic_uint taken, refused;
	pthread_barrier_t start;
};

static void on_listener(struct lameduck *l, int fd, void *data)
{
	struct round *r = data;
	assert_int_equal(fd, r->listening);
	atomic_store(&r->is_told, true);
}

/* A worker's life: connections with requests, before, across and after TERM. */
static void *work(void *data)
{
	struct round *r = data;
	(void)pthread_barrier_wait(&r->start);
	for (int i = 0; i < CONNECTIONS; i++) {
		if (!lameduck_connection_begin(r->duck)) {
			atomic_fetch_add(&r->refused, 1);
			continue;
		}
		atomic_fetch_add(&r->taken, 1);
		lameduck_request_begin(r->duck);
		if (lameduck_must_close(r->duck) || lameduck_is_ready(r->duck))
			sched_yield();
		lameduck_request_end(r->duck, LAMEDUCK_DONE);
		lameduck_connection_end(r->duck, LAMEDUCK_DONE);
	}
	return NULL;
}

/* The thread that accepts, which closes the listener when it is told to. */
static void *accept_and_close(void *data)
{
	struct round *r = data;
	struct lameduck_report report;
	(void)pthread_barrier_wait(&r->start);
	while (!atomic_load(&r->is_told)) {
		lameduck_get_report(r->duck, &report);
		sched_yield();
	}
	lameduck_listener_end(r->duck, r->listening);
	return NULL;
}

static void lead(struct round *r)
{
	(void)pthread_barrier_wait(&r->start);
	lameduck_term(r->duck);
	while (lameduck_dispatch(r->duck) != LAMEDUCK_STOPPED) {
		struct pollfd p = {.fd = lameduck_fd(r->duck), .events = POLLIN};
		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	}
}

static int listen_any(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void run(bool has_listener)
{
	struct round r = {.listening = -1};
	struct lameduck_config config;
	struct lameduck_report report;
	pthread_t threads[THREADS + 1];
	unsigned count = THREADS + has_listener;
	lameduck_config_init(&config);
	config.grace_ms = 600000;
	config.lame_duck_ms = 0;
	config.on_listener = on_listener;
	config.data = &r;
	r.duck = lameduck_create(&config);
	assert_non_null(r.duck);
	auto_close int listening = listen_any();
	if (has_listener) {
		r.listening = listening;
		assert_int_equal(lameduck_listener_begin(r.duck, listening), 0);
	}
	lameduck_ready(r.duck);
	(void)lameduck_dispatch(r.duck);
	assert_int_equal(pthread_barrier_init(&r.start, NULL, count + 1), 0);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, i < THREADS ? work : accept_and_close, &r), 0);
	lead(&r);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	(void)pthread_barrier_destroy(&r.start);
	lameduck_get_report(r.duck, &report);
	assert_int_equal(report.why, LAMEDUCK_WHY_DONE);
	assert_int_equal(report.connections, 0);
	assert_int_equal(report.requests, 0);
	assert_int_equal(report.listeners, 0);
	assert_int_equal(atomic_load(&r.taken) + atomic_load(&r.refused), THREADS * CONNECTIONS);
	lameduck_destroy(r.duck);
}

static void the_last_end_wakes_the_drain(void **state)
{
	for (int i = 0; i < ROUNDS; i++)
		run(false);
}

static void a_listener_may_end_on_another_thread(void **state)
{
	for (int i = 0; i < 3; i++)
		run(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_end_wakes_the_drain),
		cmocka_unit_test(a_listener_may_end_on_another_thread),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
