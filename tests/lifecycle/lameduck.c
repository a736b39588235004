// SPDX-License-Identifier: Apache-2.0
#include "../unit.h"
#include "base/fd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <lameduck.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define PATIENCE_MS 30000

struct seen {
	char path[256]; /* "ready/ready lame-duck/term " */
	int listener_fd;
	struct lameduck_change last;
};

static void on_change(struct lameduck *l, const struct lameduck_change *change, void *data)
{
	struct seen *seen = data;
	assert_int_equal(lameduck_get_state(l), change->to);
	seen->last = *change;
	size_t used = strlen(seen->path);
	snprintf(seen->path + used, sizeof seen->path - used, "%s/%s ", lameduck_state_name(change->to),
		 lameduck_why_name(change->why));
}

static void on_listener(struct lameduck *l, int fd, void *data)
{
	((struct seen *)data)->listener_fd = fd;
}

static struct lameduck *create(struct seen *seen, int64_t lame_duck_ms, int64_t grace_ms)
{
	struct lameduck_config c;
	*seen = (struct seen){.listener_fd = -1};
	lameduck_config_init(&c);
	c.lame_duck_ms = lame_duck_ms;
	c.grace_ms = grace_ms;
	c.margin_ms = 0;
	c.on_change = on_change;
	c.on_listener = on_listener;
	c.data = seen;
	struct lameduck *l = lameduck_create(&c);
	assert_non_null(l);
	return l;
}

static bool is_readable(int fd, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, timeout_ms) == 1;
}

static void dispatch_until(struct lameduck *l, enum lameduck_state state)
{
	while (lameduck_get_state(l) != state) {
		assert_true(is_readable(lameduck_fd(l), PATIENCE_MS));
		(void)lameduck_dispatch(l);
	}
}

static void the_descriptor_says_when(void **state)
{
	struct seen seen;
	struct lameduck *l = create(&seen, 50, 60000);
	assert_int_equal(lameduck_dispatch(l), LAMEDUCK_STARTING);
	assert_false(is_readable(lameduck_fd(l), 0));
	assert_false(lameduck_is_ready(l));
	lameduck_ready(l);
	assert_true(is_readable(lameduck_fd(l), 0));
	assert_int_equal(lameduck_dispatch(l), LAMEDUCK_READY);
	assert_false(is_readable(lameduck_fd(l), 0));
	assert_true(lameduck_is_ready(l));
	assert_int_equal(lameduck_left_ms(l), -1);
	assert_true(lameduck_connection_begin(l));
	errno = 7;
	lameduck_term(l);
	assert_int_equal(errno, 7);
	/* Answers that are written before the loop has come round know it already. */
	assert_true(lameduck_must_close(l));
	assert_false(lameduck_is_ready(l));
	assert_in_range(lameduck_left_ms(l), 1, 60000);
	assert_int_equal(lameduck_dispatch(l), LAMEDUCK_LAME);
	assert_false(is_readable(lameduck_fd(l), 0));
	dispatch_until(l, LAMEDUCK_DRAINING);
	assert_true(lameduck_may_accept(l));
	assert_false(is_readable(lameduck_fd(l), 0));
	lameduck_connection_end(l, LAMEDUCK_DONE);
	assert_true(is_readable(lameduck_fd(l), 0));
	assert_int_equal(lameduck_dispatch(l), LAMEDUCK_STOPPED);
	assert_false(lameduck_may_accept(l));
	assert_false(lameduck_connection_begin(l));
	assert_int_equal(lameduck_left_ms(l), 0);
	assert_string_equal(seen.path, "ready/ready lame-duck/term draining/time stopped/done ");
	lameduck_destroy(l);
}

static void ends_wake_only_who_drains(void **state)
{
	struct seen seen;
	struct lameduck *l = create(&seen, 60000, 600000);
	lameduck_ready(l);
	lameduck_dispatch(l);
	for (int round = 0; round < 2; round++) {
		assert_true(lameduck_connection_begin(l));
		lameduck_request_begin(l);
		lameduck_request_end(l, LAMEDUCK_DONE);
		lameduck_connection_end(l, LAMEDUCK_DONE);
		assert_false(is_readable(lameduck_fd(l), 0));
		lameduck_term(l);
		lameduck_dispatch(l);
	}
	assert_int_equal(seen.last.to, LAMEDUCK_STOPPED);
	lameduck_destroy(l);
}

static void the_deadline_comes_by_itself(void **state)
{
	struct seen seen;
	struct lameduck *l = create(&seen, 10, 40);
	lameduck_ready(l);
	lameduck_dispatch(l);
	assert_true(lameduck_connection_begin(l));
	lameduck_request_begin(l);
	lameduck_term(l);
	dispatch_until(l, LAMEDUCK_STOPPED);
	assert_int_equal(seen.last.why, LAMEDUCK_WHY_DEADLINE);
	assert_int_equal(seen.last.connections, 1);
	assert_int_equal(seen.last.requests, 1);
	assert_true(lameduck_since_term_ns(l) >= 40 * 1000000);
	lameduck_destroy(l);
}

static void the_report_counts_from_term(void **state)
{
	struct seen seen;
	struct lameduck_report r;
	struct lameduck *l = create(&seen, 60000, 600000);
	lameduck_ready(l);
	for (int i = 0; i < 3; i++) {
		assert_true(lameduck_connection_begin(l));
		lameduck_request_begin(l);
	}
	lameduck_request_end(l, LAMEDUCK_DONE);
	lameduck_connection_end(l, LAMEDUCK_DONE);
	lameduck_dispatch(l);
	lameduck_term(l);
	lameduck_dispatch(l);
	lameduck_request_end(l, LAMEDUCK_DONE);
	lameduck_connection_end(l, LAMEDUCK_DONE);
	lameduck_request_end(l, LAMEDUCK_CUT_WORKING);
	assert_true(lameduck_connection_begin(l));
	lameduck_connection_end(l, LAMEDUCK_CUT_IDLE);
	lameduck_get_report(l, &r);
	assert_int_equal(r.state, LAMEDUCK_LAME);
	assert_int_equal(r.why, LAMEDUCK_WHY_TERM);
	assert_int_equal(r.accepted, 1);
	assert_int_equal(r.served, 1);
	assert_int_equal(r.closed, 1);
	assert_int_equal(r.cut[LAMEDUCK_DONE], 0);
	assert_int_equal(r.cut[LAMEDUCK_CUT_WORKING], 1);
	assert_int_equal(r.cut[LAMEDUCK_CUT_IDLE], 1);
	assert_int_equal(r.connections, 1);
	assert_int_equal(r.requests, 0);
	lameduck_destroy(l);
}

static int listen_any(struct sockaddr_in *ret_address)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, length), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &length), 0);
	*ret_address = a;
	return fd;
}

static void a_hook_is_not_a_term(void **state)
{
	struct seen seen;
	struct lameduck_config c;
	lameduck_config_init(&c);
	c.prestop_ms = 20000;
	c.on_change = on_change;
	c.data = &seen;
	seen = (struct seen){0};
	struct lameduck *l = lameduck_create(&c);
	lameduck_ready(l);
	lameduck_dispatch(l);
	lameduck_prestop(l);
	lameduck_prestop(l);
	assert_true(lameduck_must_close(l));
	/* What the hook takes is counted as it goes by. */
	assert_in_range(lameduck_left_ms(l), 20000, 29000);
	assert_int_equal(lameduck_dispatch(l), LAMEDUCK_LAME);
	assert_true(lameduck_connection_begin(l));
	lameduck_term(l);
	assert_int_equal(lameduck_dispatch(l), LAMEDUCK_LAME);
	assert_in_range(lameduck_left_ms(l), 10000, 29000);
	lameduck_prestop(l);
	assert_int_equal(lameduck_dispatch(l), LAMEDUCK_LAME);
	lameduck_term(l);
	assert_int_equal(lameduck_dispatch(l), LAMEDUCK_STOPPED);
	assert_string_equal(seen.path, "ready/ready lame-duck/prestop stopped/term-again ");
	lameduck_destroy(l);
}

static void a_listener_is_told_when_nothing_comes_any_more(void **state)
{
	struct seen seen;
	struct sockaddr_in address;
	struct lameduck *l = create(&seen, 0, 60000);
	auto_close int listening = listen_any(&address);
	assert_int_equal(lameduck_listener_begin(l, listening), 0);
	lameduck_ready(l);
	lameduck_dispatch(l);
	auto_close int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
	lameduck_term(l);
	while (seen.listener_fd == -1) {
		assert_true(is_readable(lameduck_fd(l), PATIENCE_MS));
		assert_int_equal(lameduck_dispatch(l), LAMEDUCK_DRAINING);
	}
	assert_int_equal(seen.listener_fd, listening);
	/* What was in the queue is still there. */
	auto_close int accepted = accept(listening, NULL, NULL);
	assert_true(accepted >= 0);
	assert_true(lameduck_connection_begin(l));
	lameduck_listener_end(l, listening);
	assert_int_equal(lameduck_dispatch(l), LAMEDUCK_DRAINING);
	lameduck_connection_end(l, LAMEDUCK_DONE);
	assert_int_equal(lameduck_dispatch(l), LAMEDUCK_STOPPED);
	struct lameduck_report r;
	lameduck_get_report(l, &r);
	assert_int_equal(r.blind, 0);
	lameduck_destroy(l);
}

/* A filter that is locked cannot be replaced: new handshakes go on, and that is said. */
static void a_listener_that_cannot_be_held_is_told_all_the_same(void **state)
{
	struct seen seen;
	struct sockaddr_in address;
	struct lameduck_report r;
	const int yes = 1;
	struct lameduck *l = create(&seen, 0, 60000);
	auto_close int listening = listen_any(&address);
	assert_int_equal(setsockopt(listening, SOL_SOCKET, SO_LOCK_FILTER, &yes, sizeof yes), 0);
	assert_int_equal(lameduck_listener_begin(l, listening), 0);
	lameduck_ready(l);
	lameduck_dispatch(l);
	lameduck_term(l);
	while (seen.listener_fd == -1) {
		assert_true(is_readable(lameduck_fd(l), PATIENCE_MS));
		(void)lameduck_dispatch(l);
	}
	lameduck_get_report(l, &r);
	assert_int_equal(r.blind, 1);
	lameduck_destroy(l);
}

static void there_is_room_for_as_many_listeners_as_asked(void **state)
{
	struct lameduck_config c;
	struct seen seen = {0};
	struct sockaddr_in address;
	auto_close int listening = listen_any(&address);
	lameduck_config_init(&c);
	c.listeners = 1;
	struct lameduck *l = lameduck_create(&c);
	assert_int_equal(lameduck_listener_begin(l, listening), -EINVAL);
	lameduck_destroy(l);
	c.on_listener = on_listener;
	c.data = &seen;
	l = lameduck_create(&c);
	assert_int_equal(lameduck_listener_begin(l, -1), -EBADF);
	auto_close int local = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(lameduck_listener_begin(l, local), -EAFNOSUPPORT);
	assert_int_equal(lameduck_listener_begin(l, listening), 0);
	assert_int_equal(lameduck_listener_begin(l, listening), -ENOSPC);
	lameduck_listener_end(l, listening);
	assert_int_equal(lameduck_listener_begin(l, listening), 0);
	lameduck_destroy(l);
}

static struct lameduck *signalled;

static void handler(int number)
{
	lameduck_term(signalled);
}

static void a_signal_handler_may_call_it(void **state)
{
	struct seen seen;
	signalled = create(&seen, 0, 60000);
	struct sigaction action = {.sa_handler = handler}, before;
	assert_int_equal(sigaction(SIGTERM, &action, &before), 0);
	lameduck_ready(signalled);
	lameduck_dispatch(signalled);
	assert_int_equal(raise(SIGTERM), 0);
	dispatch_until(signalled, LAMEDUCK_STOPPED);
	assert_int_equal(sigaction(SIGTERM, &before, NULL), 0);
	lameduck_destroy(signalled);
}

static void what_cannot_be_is_refused(void **state)
{
	struct lameduck_config c;
	const char *why = NULL;
	lameduck_config_init(&c);
	c.lame_duck_ms = 40000;
	assert_int_equal(lameduck_config_resolve(&c, &why), -EINVAL);
	assert_non_null(strstr(why, "lame duck"));
	assert_null(lameduck_create(&c));
	assert_int_equal(errno, EINVAL);
	lameduck_config_init(&c);
	c.grace_ms = -5;
	assert_int_equal(lameduck_config_resolve(&c, NULL), -EINVAL);
	lameduck_destroy(NULL);
}

static void without_a_descriptor_there_is_none(void **state)
{
	struct rlimit before, none;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	struct lameduck *l = lameduck_create(NULL);
	int why = errno;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_null(l);
	assert_int_equal(why, EMFILE);
}

static void defaults_fit_into_any_grace_period(void **state)
{
	const int64_t graces[] = {0, 1, 999, 5000, 30000, 3600000};
	for (size_t i = 0; i < sizeof graces / sizeof *graces; i++) {
		struct lameduck_config c;
		lameduck_config_init(&c);
		c.grace_ms = graces[i];
		assert_int_equal(lameduck_config_resolve(&c, NULL), 0);
		assert_true(c.lame_duck_ms <= 15000 && c.lame_duck_ms + c.margin_ms <= c.grace_ms);
		assert_true(c.drain_ms >= c.lame_duck_ms);
	}
}

static void the_environment_overrides(void **state)
{
	struct lameduck_config c;
	const char *bad = NULL;
	lameduck_config_init(&c);
	setenv("LAMEDUCK_GRACE", "1m30s", 1);
	setenv("LAMEDUCK_MAX", "20", 1);
	setenv("LAMEDUCK_QUIET", "1.5s", 1);
	setenv("LAMEDUCK_READINESS", "keep", 1);
	setenv("LAMEDUCK_DRAIN", "", 1);
	assert_int_equal(lameduck_config_from_env(&c, &bad), 0);
	assert_null(bad);
	assert_int_equal(c.grace_ms, 90000);
	assert_int_equal(c.lame_duck_ms, 20000);
	assert_int_equal(c.quiet_ms, 1500);
	assert_int_equal(c.drain_ms, LAMEDUCK_AUTO);
	assert_true(c.keeps_readiness);
	static const char *const wrong[] = {"-1", "1x", "s", "1 s", "1s2", "99999999999h", ".5s", "1.s", "9e3"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		setenv("LAMEDUCK_QUIET", wrong[i], 1);
		assert_int_equal(lameduck_config_from_env(&c, &bad), -EINVAL);
		assert_string_equal(bad, "LAMEDUCK_QUIET");
		assert_int_equal(c.quiet_ms, 1500);
	}
	setenv("LAMEDUCK_QUIET", "0", 1);
	setenv("LAMEDUCK_READINESS", "maybe", 1);
	assert_int_equal(lameduck_config_from_env(&c, &bad), -EINVAL);
	assert_string_equal(bad, "LAMEDUCK_READINESS");
}

static void the_pod_has_a_name(void **state)
{
	char name[64];
	setenv("HOSTNAME", "shop-1", 1);
	assert_string_equal(lameduck_pod_name(name, sizeof name), "shop-1");
	setenv("POD_NAME", "shop-2", 1);
	assert_string_equal(lameduck_pod_name(name, sizeof name), "shop-2");
	assert_string_equal(lameduck_pod_name(name, 5), "shop");
	unsetenv("POD_NAME");
	unsetenv("HOSTNAME");
	assert_true(strlen(lameduck_pod_name(name, sizeof name)) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_descriptor_says_when),
		cmocka_unit_test(ends_wake_only_who_drains),
		cmocka_unit_test(the_deadline_comes_by_itself),
		cmocka_unit_test(the_report_counts_from_term),
		cmocka_unit_test(a_hook_is_not_a_term),
		cmocka_unit_test(a_listener_is_told_when_nothing_comes_any_more),
		cmocka_unit_test(a_listener_that_cannot_be_held_is_told_all_the_same),
		cmocka_unit_test(there_is_room_for_as_many_listeners_as_asked),
		cmocka_unit_test(a_signal_handler_may_call_it),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(without_a_descriptor_there_is_none),
		cmocka_unit_test(defaults_fit_into_any_grace_period),
		cmocka_unit_test(the_environment_overrides),
		cmocka_unit_test(the_pod_has_a_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
