// SPDX-License-Identifier: Apache-2.0
#include "worker_child.h"

#include "base/memory.h"
#include "files.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define QUEUE_MAX (64 * 1024 * 1024) /* beyond it the load waits for the parent, and its lateness says so */

struct child {
	struct load *load;
	int data_fd, control_fd;
	uv_poll_t data, control;
	uv_prepare_t before_wait;
	bool watching;
	struct outcome batch[FRAME_OUTCOMES_MAX];
	uint32_t batch_count;
	char *queue; /* from `taken` to `length` is still to be written */
	size_t taken, length, capacity;
};

static void child_give_up(void)
{
	_exit(1); /* the parent is gone or will see the end of the pipe: nobody to tell */
}

/* Writes what the pipe takes; true when nothing is left. */
static bool child_write(struct child *c)
{
	while (c->taken < c->length) {
		ssize_t n = write(c->data_fd, c->queue + c->taken, c->length - c->taken);
		if (n == -1 && errno == EAGAIN)
			return false;
		if (n == -1 && errno != EINTR)
			child_give_up();
		if (n > 0)
			c->taken += (size_t)n;
	}
	c->taken = c->length = 0;
	return true;
}

static void child_write_all(struct child *c)
{
	while (!child_write(c)) {
		struct pollfd wait = {.fd = c->data_fd, .events = POLLOUT};
		(void)poll(&wait, 1, -1);
	}
}

static void child_queue(struct child *c, const void *data, size_t size)
{
	if (c->length + size > c->capacity && c->taken) {
		memmove(c->queue, c->queue + c->taken, c->length - c->taken);
		c->length -= c->taken;
		c->taken = 0;
	}
	if (c->length + size > c->capacity) {
		c->capacity = (c->length + size) * 2;
		c->queue = memory_resize(c->queue, c->capacity, 1);
	}
	memcpy(c->queue + c->length, data, size);
	c->length += size;
}

static void child_frame(struct child *c, enum frame_kind kind, uint32_t count, const void *payload)
{
	struct frame f = {.kind = kind, .count = count};
	child_queue(c, &f, sizeof f);
	child_queue(c, payload, frame_payload(&f));
	if (c->length - c->taken > QUEUE_MAX)
		child_write_all(c);
}

static void child_flush_batch(struct child *c)
{
	if (c->batch_count)
		child_frame(c, FRAME_OUTCOMES, c->batch_count, c->batch);
	c->batch_count = 0;
}

static void child_on_writable(uv_poll_t *poll, int status, int events)
{
	struct child *c = poll->data;
	if (status < 0)
		child_give_up();
	if (child_write(c)) {
		uv_poll_stop(poll);
		c->watching = false;
	}
}

/* Once a turn: what has ended goes out together. */
static void child_on_before_wait(uv_prepare_t *prepare)
{
	struct child *c = prepare->data;
	child_flush_batch(c);
	if (c->watching || child_write(c))
		return;
	c->watching = true;
	uv_poll_start(&c->data, UV_WRITABLE, child_on_writable);
}

static void child_on_control(uv_poll_t *poll, int status, int events)
{
	struct child *c = poll->data;
	char word = CONTROL_ABORT;
	ssize_t n = read(c->control_fd, &word, 1);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == 1 && word == CONTROL_STOP) {
		load_stop(c->load);
		return;
	}
	load_abort(c->load);
	if (n != 1)
		uv_poll_stop(poll);
}

static void child_on_outcome(const struct outcome *o, void *data)
{
	struct child *c = data;
	c->batch[c->batch_count++] = *o;
	if (c->batch_count == FRAME_OUTCOMES_MAX)
		child_flush_batch(c);
}

static void child_on_done(const struct load_totals *totals, void *data)
{
	struct child *c = data;
	child_flush_batch(c);
	child_frame(c, FRAME_TOTALS, 1, totals);
	child_write_all(c);
	_exit(0); /* none of the parent's handlers, none of its buffers */
}

/* The parent's handlers would write into the parent's own pipe. It steers us by the control pipe, so its Ctrl-C is not
 * for us. */
static void child_reset_signals(void)
{
	for (int n = 1; n < NSIG; n++)
		if (n != SIGKILL && n != SIGSTOP)
			(void)signal(n, SIG_DFL);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	sigset_t none;
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* All that the parent had open but these two and the standard ones: its loop's descriptors are not ours to touch. */
static void child_close_others(int a, int b)
{
	unsigned low = (unsigned)(a < b ? a : b), high = (unsigned)(a < b ? b : a);
	if (low > 3)
		(void)close_range(3, low - 1, 0);
	if (high > low + 1)
		(void)close_range(low + 1, high - 1, 0);
	(void)close_range(high + 1, ~0U, 0);
}

/* A parent that died before prctl sends no signal any more, but its end of the control pipe is closed. */
static void child_die_with_parent(int control_fd)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	struct pollfd look = {.fd = control_fd, .events = POLLIN};
	if (poll(&look, 1, 0) == 1 && (look.revents & POLLHUP))
		child_give_up();
}

static int child_prepare(struct child *c, const struct load_config *config, int netns_fd, uv_loop_t *loop,
			 struct err *err)
{
	if (netns_fd >= 0 && setns(netns_fd, CLONE_NEWNET) == -1)
		return err_system(err, errno, "enter the network namespace");
	child_close_others(c->data_fd, c->control_fd);
	files_raise_limit();
	(void)prctl(PR_SET_TIMERSLACK, 1);
	int rc = uv_loop_init(loop);
	if (rc < 0)
		return err_system(err, -rc, "event loop");
	struct load_sink sink = {.outcome = child_on_outcome, .done = child_on_done, .data = c};
	c->load = load_create(loop, config, &sink, err);
	if (!c->load)
		return -EINVAL;
	uv_poll_init(loop, &c->data, c->data_fd);
	uv_poll_init(loop, &c->control, c->control_fd);
	uv_prepare_init(loop, &c->before_wait);
	c->data.data = c->control.data = c->before_wait.data = c;
	uv_poll_start(&c->control, UV_READABLE, child_on_control);
	uv_prepare_start(&c->before_wait, child_on_before_wait);
	return 0;
}

void worker_child_run(const struct load_config *config, int netns_fd, int data_fd, int control_fd)
{
	child_reset_signals();
	child_die_with_parent(control_fd);
	struct child *c = memory_new(1, sizeof *c);
	c->data_fd = data_fd;
	c->control_fd = control_fd;
	uv_loop_t loop;
	struct err err = {0};
	int rc = child_prepare(c, config, netns_fd, &loop, &err);
	child_frame(c, FRAME_HELLO, 1, &err);
	child_write_all(c);
	if (rc < 0)
		_exit(1);
	load_start(c->load);
	uv_run(&loop, UV_RUN_DEFAULT);
	_exit(1); /* not reached: done ends it */
}
