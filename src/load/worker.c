// SPDX-License-Identifier: Apache-2.0
#include "worker.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/memory.h"
#include "worker_child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_SIZE 65536
#define READS_MAX 16 /* in one turn */

struct worker {
	struct load_sink sink;
	uv_poll_t poll;
	int data_fd, control_fd;
	pid_t pid; /* 0 once reaped */
	bool has_totals, failed, finished, closed, destroyed;
	struct load_totals totals; /* of what arrived, until the child's own come */
	char *buffer;              /* a frame that is not whole yet */
	size_t length, capacity;
};

static void worker_free(struct worker *w)
{
	free(w->buffer);
	free(w);
}

static void worker_on_closed(uv_handle_t *handle)
{
	struct worker *w = handle->data;
	w->closed = true;
	if (w->destroyed)
		worker_free(w);
}

static void worker_close(struct worker *w)
{
	if (!uv_is_closing((uv_handle_t *)&w->poll))
		uv_close((uv_handle_t *)&w->poll, worker_on_closed);
	fd_close(&w->data_fd);
	fd_close(&w->control_fd);
}

/* Only this one child: the program has others. */
static void worker_reap(pid_t *pid)
{
	while (*pid && waitpid(*pid, NULL, 0) == -1 && errno == EINTR)
		;
	*pid = 0;
}

/* What did arrive has to add up, too, when the child could not say what else there was. */
static void worker_count(struct worker *w, const struct outcome *o)
{
	struct load_totals *t = &w->totals;
	t->scheduled++;
	t->last_started_ns = o->started_ns;
	histogram_add(&t->lateness, o->started_ns - o->scheduled_ns);
	if (o->kind == OUTCOME_OK) {
		t->ok++;
		histogram_add(&t->latency, o->ended_ns - o->scheduled_ns);
	} else {
		t->failed++;
	}
}

static void worker_take_totals(struct worker *w, const char *payload)
{
	struct load_totals said;
	memcpy(&said, payload, sizeof said);
	/* One outcome for each: else some were lost on the way, which must not happen. */
	w->failed = said.ok != w->totals.ok || said.failed != w->totals.failed || !load_totals_add_up(&said);
	w->has_totals = true;
	w->totals = said;
}

static void worker_take_frame(struct worker *w, const struct frame *f, const char *payload)
{
	if (f->kind == FRAME_TOTALS) {
		worker_take_totals(w, payload);
		return;
	}
	for (uint32_t i = 0; f->kind == FRAME_OUTCOMES && i < f->count; i++) {
		struct outcome o;
		memcpy(&o, payload + i * sizeof o, sizeof o);
		worker_count(w, &o);
		w->sink.outcome(&o, w->sink.data);
	}
}

/* Every whole frame in the buffer; the sink may destroy the worker only in `done`, which is not called here. */
static void worker_take(struct worker *w)
{
	size_t at = 0;
	struct frame f;
	while (w->length - at >= sizeof f) {
		memcpy(&f, w->buffer + at, sizeof f);
		size_t size = sizeof f + frame_payload(&f);
		if (w->length - at < size)
			break;
		worker_take_frame(w, &f, w->buffer + at + sizeof f);
		at += size;
	}
	memmove(w->buffer, w->buffer + at, w->length - at);
	w->length -= at;
}

/* Bytes read, 0 at the end of the pipe, -1 when there is nothing to read. */
static ssize_t worker_read(struct worker *w)
{
	if (w->capacity - w->length < READ_SIZE) {
		w->capacity = w->length + 2 * READ_SIZE;
		w->buffer = memory_resize(w->buffer, w->capacity, 1);
	}
	ssize_t n = read(w->data_fd, w->buffer + w->length, READ_SIZE);
	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? -1 : 0;
	w->length += (size_t)n;
	return n;
}

static void worker_finish(struct worker *w)
{
	w->finished = true;
	worker_reap(&w->pid);
	if (!w->has_totals) {
		w->failed = true;
		w->totals.ended_ns = clock_ns();
	}
	worker_close(w);
	w->sink.done(&w->totals, w->sink.data);
}

static void worker_on_readable(uv_poll_t *poll, int status, int events)
{
	struct worker *w = poll->data;
	for (int reads = 0; reads < READS_MAX; reads++) {
		ssize_t n = worker_read(w);
		if (n == 0) {
			worker_finish(w);
			return;
		}
		if (n < 0)
			return;
		worker_take(w);
	}
}

static int worker_read_hello(int fd, struct err *err)
{
	struct {
		struct frame frame;
		struct err err;
	} hello;
	size_t length = 0;
	while (length < sizeof hello) {
		ssize_t n = read(fd, (char *)&hello + length, sizeof hello - length);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_system(err, n == 0 ? 0 : errno, "the load's process ended before it began");
		length += (size_t)n;
	}
	if (hello.err.kind == ERR_NONE)
		return 0;
	if (err)
		*err = hello.err;
	return hello.err.kind == ERR_INPUT ? -EINVAL : -EIO;
}

/* The child starts with every signal blocked, so that none reaches the parent's handlers in it. */
static pid_t worker_fork(const struct load_config *config, int netns_fd, int data_fd, int control_fd)
{
	sigset_t all, before;
	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	pid_t pid = fork();
	if (pid == 0)
		worker_child_run(config, netns_fd, data_fd, control_fd);
	int error = errno;
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return pid;
}

/* NULL when the loop cannot watch the pipe; the descriptors are then still the caller's. */
static struct worker *worker_create(uv_loop_t *loop, const struct load_sink *sink, int data_fd, struct err *err)
{
	struct worker *w = memory_new(1, sizeof *w);
	int rc = uv_poll_init(loop, &w->poll, data_fd);
	if (rc < 0) {
		free(w);
		err_system(err, -rc, "watch the load's process");
		return NULL;
	}
	w->sink = *sink;
	w->totals.started_ns = w->totals.last_started_ns = clock_ns();
	w->totals.started_wall_ns = clock_wall_ns();
	w->poll.data = w;
	(void)uv_poll_start(&w->poll, UV_READABLE, worker_on_readable);
	return w;
}

/* Sockets rather than pipes: writing to one whose reader has died can be told not to raise SIGPIPE. */
static int worker_pair(int *ret_ours, int *ret_theirs, struct err *err)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		return err_system(err, errno, "socketpair");
	*ret_ours = pair[0];
	*ret_theirs = pair[1];
	return 0;
}

struct worker *worker_start(uv_loop_t *loop, const struct load_config *config, int netns_fd,
			    const struct load_sink *sink, struct err *err)
{
	auto_close int data = -1, data_theirs = -1;
	auto_close int control = -1, control_theirs = -1;
	if (worker_pair(&data, &data_theirs, err) < 0 || worker_pair(&control, &control_theirs, err) < 0)
		return NULL;
	pid_t pid = worker_fork(config, netns_fd, data_theirs, control_theirs);
	if (pid == -1) {
		err_system(err, errno, "start the load's process");
		return NULL;
	}
	fd_close(&data_theirs);
	fd_close(&control_theirs);
	struct worker *w = NULL;
	if (worker_read_hello(data, err) == 0)
		w = worker_create(loop, sink, data, err);
	if (!w) {
		(void)kill(pid, SIGKILL);
		worker_reap(&pid);
		return NULL;
	}
	w->pid = pid;
	w->data_fd = steal_fd(&data);
	w->control_fd = steal_fd(&control);
	return w;
}

static void worker_tell(struct worker *w, char word)
{
	/* Nobody there to hear it: its end of the data pipe says so. */
	if (!w->finished)
		(void)send(w->control_fd, &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void worker_stop(struct worker *w)
{
	worker_tell(w, CONTROL_STOP);
}

void worker_abort(struct worker *w)
{
	worker_tell(w, CONTROL_ABORT);
}

bool worker_failed(const struct worker *w)
{
	return w->failed;
}

void worker_destroy(struct worker *w)
{
	if (!w)
		return;
	if (w->pid)
		(void)kill(w->pid, SIGKILL);
	worker_reap(&w->pid);
	worker_close(w);
	w->destroyed = true;
	if (w->closed)
		worker_free(w);
}
