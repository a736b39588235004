// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "silent.h"

#include "load/worker.c" /* for the child's pid */

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>

struct seen {
	struct worker *worker;
	uint64_t outcomes;
	uint64_t last_connection;
	uint64_t unreachable;
	struct load_totals totals;
	int done;
	void (*at_first)(struct worker *w);
};

static void on_outcome(const struct outcome *o, void *data)
{
	struct seen *s = data;
	assert_true(o->connection >
		    s->last_connection); /* in order: every request here fails on a connection of its own */
	s->last_connection = o->connection;
	s->unreachable += o->kind == OUTCOME_CONNECT_UNREACHABLE;
	if (s->outcomes++ == 0 && s->at_first)
		s->at_first(s->worker);
}

static void on_done(const struct load_totals *totals, void *data)
{
	struct seen *s = data;
	s->totals = *totals;
	s->done++;
}

static void run_in(const struct load_config *config, int netns_fd, struct seen *s)
{
	struct load_sink sink = {on_outcome, on_done, s};
	uv_loop_t loop;
	uv_loop_init(&loop);
	s->worker = worker_start(&loop, config, netns_fd, &sink, NULL);
	assert_non_null(s->worker);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(s->done, 1);
	assert_int_equal(s->worker->pid, 0); /* reaped */
	assert_true(load_totals_add_up(&s->totals));
	assert_int_equal(s->totals.ok + s->totals.failed, s->outcomes);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void run(const struct load_config *config, struct seen *s)
{
	run_in(config, -1, s);
}

static struct silent refusing(void)
{
	struct silent s = silent_open();
	silent_close(&s);
	return s;
}

static void every_outcome_comes_back_in_order(void **state)
{
	struct silent server = refusing();
	struct load_config c = silent_load(&server, 100000, 20000);
	struct seen s = {0};
	run(&c, &s);
	assert_int_equal(s.outcomes, 20000);
	assert_int_equal(s.totals.failed, 20000);
	assert_int_equal(s.totals.lateness.count, 20000);
	assert_false(worker_failed(s.worker));
	worker_destroy(s.worker);
}

/* Longer than the child needs, which is more than the socket between them holds. */
static void dawdle(struct worker *w)
{
	usleep(300 * 1000);
}

static void a_slow_parent_misses_nothing(void **state)
{
	struct silent server = refusing();
	struct load_config c = silent_load(&server, 100000, 20000);
	struct seen s = {.at_first = dawdle};
	run(&c, &s);
	assert_int_equal(s.outcomes, 20000);
	assert_false(worker_failed(s.worker));
	worker_destroy(s.worker);
}

/* In a new namespace not even the loopback interface is up. -1 when we may not make one. */
static int new_namespace(void)
{
	int ours = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (unshare(CLONE_NEWNET) == -1) {
		(void)close(ours);
		return -1;
	}
	int fresh = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_int_equal(setns(ours, CLONE_NEWNET), 0);
	(void)close(ours);
	return fresh;
}

static void the_child_is_in_the_namespace_and_the_parent_is_not(void **state)
{
	int fresh = new_namespace();
	if (fresh == -1)
		skip();
	struct silent server = silent_open();
	struct load_config c = silent_load(&server, 1000, 10);
	struct seen s = {0};
	run_in(&c, fresh, &s);
	assert_int_equal(s.outcomes, 10);
	assert_int_equal(s.unreachable, 10);
	worker_destroy(s.worker);
	(void)close(fresh);
	silent_close(&server);
}

/* What dies here is a parent in between; its child becomes ours. */
static void the_child_dies_with_its_parent(void **state)
{
	struct silent server = silent_open();
	struct load_config c = silent_load(&server, 1000, 0);
	struct seen s = {0};
	struct load_sink sink = {on_outcome, on_done, &s};
	int said[2];
	pid_t worker = 0;
	assert_int_equal(pipe2(said, O_CLOEXEC), 0);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	pid_t between = fork();
	if (between == 0) {
		uv_loop_t loop;
		uv_loop_init(&loop);
		struct worker *w = worker_start(&loop, &c, -1, &sink, NULL);
		_exit(!w || write(said[1], &w->pid, sizeof w->pid) != sizeof w->pid);
	}
	assert_int_equal(read(said[0], &worker, sizeof worker), sizeof worker);
	assert_int_equal(waitpid(between, NULL, 0), between);
	assert_int_equal(waitpid(worker, NULL, 0), worker); /* by the signal or by the closed pipe: it ends */
	(void)close(said[0]);
	(void)close(said[1]);
	silent_close(&server);
}

static void kill_child(struct worker *w)
{
	kill(w->pid, SIGKILL);
}

static void a_child_that_dies_is_said(void **state)
{
	struct silent server = refusing();
	struct load_config c = silent_load(&server, 1000, 0);
	struct seen s = {.at_first = kill_child};
	run(&c, &s);
	assert_true(worker_failed(s.worker));
	assert_true(s.outcomes >= 1);
	worker_destroy(s.worker);
}

static void stopping_ends_it_in_order(void **state)
{
	struct silent server = refusing();
	struct load_config c = silent_load(&server, 1000, 0);
	struct seen s = {.at_first = worker_stop};
	run(&c, &s);
	assert_false(worker_failed(s.worker));
	worker_destroy(s.worker);
}

static void aborting_ends_it_with_everything_counted(void **state)
{
	struct silent server = silent_open();
	struct load_config c = silent_load(&server, 1000, 0);
	struct seen s = {0};
	struct load_sink sink = {on_outcome, on_done, &s};
	uv_loop_t loop;
	uv_loop_init(&loop);
	s.worker = worker_start(&loop, &c, -1, &sink, NULL);
	assert_non_null(s.worker);
	(void)close(accept(server.fd, NULL, NULL)); /* so one of them has begun */
	worker_abort(s.worker);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(s.done, 1);
	assert_false(worker_failed(s.worker));
	assert_true(s.totals.scheduled >= 1);
	assert_true(load_totals_add_up(&s.totals));
	worker_destroy(s.worker);
	assert_int_equal(uv_loop_close(&loop), 0);
	silent_close(&server);
}

static void destroying_kills_what_is_there(void **state)
{
	struct silent server = silent_open();
	struct load_config c = silent_load(&server, 1000, 0);
	struct seen s = {0};
	struct load_sink sink = {on_outcome, on_done, &s};
	uv_loop_t loop;
	uv_loop_init(&loop);
	s.worker = worker_start(&loop, &c, -1, &sink, NULL);
	pid_t pid = s.worker->pid;
	worker_destroy(s.worker);
	assert_int_equal(kill(pid, 0), -1);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(s.done, 0);
	assert_int_equal(uv_loop_close(&loop), 0);
	worker_destroy(NULL);
	silent_close(&server);
}

static void what_the_child_could_not_do_is_said(void **state)
{
	struct silent server = refusing();
	struct load_config c = silent_load(&server, 1000, 0);
	struct seen s = {0};
	struct load_sink sink = {on_outcome, on_done, &s};
	struct err err = {0};
	uv_loop_t loop;
	uv_loop_init(&loop);
	int no_namespace = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_null(worker_start(&loop, &c, no_namespace, &sink, &err));
	assert_int_equal(err.kind, ERR_SYSTEM);
	assert_non_null(strstr(err.text, "network namespace"));
	err = (struct err){0};
	c.method = "not a method";
	assert_null(worker_start(&loop, &c, -1, &sink, &err));
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(uv_loop_close(&loop), 0);
	(void)close(no_namespace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_outcome_comes_back_in_order),
		cmocka_unit_test(a_slow_parent_misses_nothing),
		cmocka_unit_test(the_child_is_in_the_namespace_and_the_parent_is_not),
		cmocka_unit_test(the_child_dies_with_its_parent),
		cmocka_unit_test(a_child_that_dies_is_said),
		cmocka_unit_test(stopping_ends_it_in_order),
		cmocka_unit_test(aborting_ends_it_with_everything_counted),
		cmocka_unit_test(destroying_kills_what_is_there),
		cmocka_unit_test(what_the_child_could_not_do_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
