// SPDX-License-Identifier: Apache-2.0
#include "jobs.h"

#include "base/fd.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define TURN_MS 200

struct inside {
	struct job *job;
	int write_fd;
};

static sigset_t passed_on(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	return set;
}

static int job_inside(void *data)
{
	const struct inside *in = data;
	sigset_t set = passed_on();
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	return in->job->body(in->write_fd, in->job->data);
}

static void job_start(struct job *j)
{
	int ends[2];
	j->state = JOB_DONE;
	j->result = (struct text)TEXT_INIT(JOB_RESULT_MAX);
	j->result_fd = -1;
	j->status = STATUS_SYSTEM;
	if (pipe2(ends, O_CLOEXEC) == -1) {
		err_system(&j->err, errno, "cannot make a pipe");
		return;
	}
	struct inside in = {j, ends[1]};
	int rc = sandbox_start(&j->sandbox, job_inside, &in, &j->err);
	close(ends[1]);
	if (rc < 0) {
		close(ends[0]);
		return;
	}
	j->result_fd = ends[0];
	j->state = JOB_RUNNING;
}

/* Its result ends when it does: nothing else holds the other end. */
static void job_read(struct job *j)
{
	char chunk[16384];
	ssize_t n = read(j->result_fd, chunk, sizeof chunk);
	if (n > 0) {
		text_append(&j->result, chunk, (size_t)n);
	} else if (n == 0 || errno != EINTR) {
		fd_close(&j->result_fd);
		j->status = sandbox_wait(&j->sandbox);
		j->state = JOB_DONE;
	}
}

static void pass_on(struct job *jobs, int count, int signals)
{
	struct signalfd_siginfo info;
	(void)!read(signals, &info, sizeof info);
	for (int i = 0; i < count; i++) {
		if (jobs[i].state == JOB_RUNNING)
			kill(jobs[i].sandbox.pid, SIGINT);
		else if (jobs[i].state == JOB_WAITING)
			jobs[i].state = JOB_LEFT_OUT;
	}
}

/* Begins what may begin; how many run. */
static int begin(struct job *jobs, int count, int at_once, bool *ret_begun)
{
	int running = 0;
	for (int i = 0; i < count; i++)
		running += jobs[i].state == JOB_RUNNING;
	for (int i = 0; i < count && running < at_once; i++) {
		if (jobs[i].state != JOB_WAITING)
			continue;
		job_start(&jobs[i]);
		*ret_begun = true;
		running += jobs[i].state == JOB_RUNNING;
	}
	return running;
}

bool jobs_run(struct job *jobs, int count, int at_once, void (*changed)(struct job *jobs, int count, void *data),
	      void *data)
{
	sigset_t set = passed_on(), before;
	sigprocmask(SIG_BLOCK, &set, &before);
	auto_close int signals = signalfd(-1, &set, SFD_CLOEXEC);
	struct pollfd *polls = memory_new((size_t)count + 1, sizeof *polls);
	bool interrupted = false, begun = false;
	while (begin(jobs, count, at_once, &begun) > 0) {
		if (changed)
			changed(jobs, count, data);
		for (int i = 0; i < count; i++)
			polls[i] = (struct pollfd){jobs[i].state == JOB_RUNNING ? jobs[i].result_fd : -1, POLLIN, 0};
		polls[count] = (struct pollfd){signals, POLLIN, 0};
		if (poll(polls, (nfds_t)count + 1, TURN_MS) <= 0)
			continue;
		for (int i = 0; i < count; i++)
			if (polls[i].revents)
				job_read(&jobs[i]);
		if (polls[count].revents) {
			interrupted = true;
			pass_on(jobs, count, signals);
		}
	}
	if (changed)
		changed(jobs, count, data);
	free(polls);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return interrupted;
}
