// SPDX-License-Identifier: Apache-2.0
#include "delay.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PACKET_MAX 1600
#define QUEUE_SIZE 16384 /* packets on their way; beyond that they are lost, as in a full router */

struct packet {
	int64_t due_ns;
	int to;
	size_t length;
	char data[PACKET_MAX];
};

int delay_device(const char *name, int index, int *ret_fd, struct err *err)
{
	auto_close int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return err_system(err, errno,
				  "a round trip time needs /dev/net/tun; the way out: sudo chmod 666 /dev/net/tun, or "
				  "run as root");
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	if (ioctl(fd, TUNSETIFINDEX, &index) == -1 || ioctl(fd, TUNSETIFF, &request) == -1)
		return err_system(err, errno, "cannot make the TUN device %s", name);
	*ret_fd = steal_fd(&fd);
	return 0;
}

struct carrier {
	struct packet *queue; /* a ring, in order of time: the delay is the same for all */
	unsigned head, tail;
	int64_t one_way_ns;
};

static void carrier_take(struct carrier *c, int from, int to)
{
	while (c->tail - c->head < QUEUE_SIZE) {
		struct packet *p = &c->queue[c->tail % QUEUE_SIZE];
		ssize_t n = read(from, p->data, sizeof p->data);
		if (n <= 0)
			return;
		p->length = (size_t)n;
		p->to = to;
		p->due_ns = clock_ns() + c->one_way_ns;
		c->tail++;
	}
}

/* Until the next one is due; -1 when none is. */
static int64_t carrier_deliver(struct carrier *c)
{
	while (c->head != c->tail) {
		const struct packet *p = &c->queue[c->head % QUEUE_SIZE];
		int64_t left = p->due_ns - clock_ns();
		if (left > 0)
			return left;
		(void)!write(p->to, p->data, p->length);
		c->head++;
	}
	return -1;
}

__attribute__((noreturn)) static void carry(const struct delay_pair *pairs, int count, int64_t one_way_ns)
{
	struct carrier c = {memory_new(QUEUE_SIZE, sizeof(struct packet)), 0, 0, one_way_ns};
	struct pollfd *polls = memory_new((size_t)count * 2, sizeof *polls);
	for (int i = 0; i < count; i++) {
		polls[2 * i] = (struct pollfd){pairs[i].near, POLLIN, 0};
		polls[2 * i + 1] = (struct pollfd){pairs[i].far, POLLIN, 0};
	}
	for (;;) {
		int64_t left = carrier_deliver(&c);
		struct timespec wait = {left / NS_PER_S, left % NS_PER_S};
		if (ppoll(polls, (nfds_t)count * 2, left < 0 ? NULL : &wait, NULL) == -1 && errno != EINTR)
			_exit(1);
		for (int i = 0; i < count; i++) {
			carrier_take(&c, pairs[i].near, pairs[i].far);
			carrier_take(&c, pairs[i].far, pairs[i].near);
		}
	}
}

int delay_start(const struct delay_pair *pairs, int count, int64_t one_way_ns, pid_t *ret_pid, struct err *err)
{
	pid_t pid = fork();
	if (pid == -1)
		return err_system(err, errno, "cannot start the process that delays packets");
	if (pid == 0) {
		/* Its parent is PID 1 of its namespace: it cannot be outlived. */
		signal(SIGINT, SIG_IGN);
		carry(pairs, count, one_way_ns);
	}
	*ret_pid = pid;
	return 0;
}

void delay_stop(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}
