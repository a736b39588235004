// SPDX-License-Identifier: Apache-2.0
#include "probe.h"

#include "base/clock.h"
#include "diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_NS (1 * NS_PER_S)
#define REQUEST_MAX 2048

static int probe_bind(int family, uint16_t port, int *ret_fd)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	int on = 1, off = 0;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	int rc = family == AF_INET6 ? bind(fd, (struct sockaddr *)&v6, sizeof v6)
				    : bind(fd, (struct sockaddr *)&v4, sizeof v4);
	if (rc == -1 || listen(fd, 16) == -1) {
		rc = -errno;
		(void)close(fd);
		return rc;
	}
	*ret_fd = fd;
	return 0;
}

int probe_open(struct probe *p, uint16_t port, struct err *err)
{
	p->listener = p->diag_fd = -1;
	if (!port)
		return 0;
	int rc = probe_bind(AF_INET6, port, &p->listener);
	if (rc == -EAFNOSUPPORT || rc == -EADDRNOTAVAIL)
		rc = probe_bind(AF_INET, port, &p->listener);
	if (rc < 0)
		return err_system(err, -rc, "cannot listen on the probe port %u", port);
	p->diag_fd = p->ready_port ? diag_open() : -1;
	return 0;
}

void probe_close(struct probe *p)
{
	for (int i = 0; i < p->count; i++)
		(void)close(p->peers[i].fd);
	p->count = 0;
	if (p->listener >= 0)
		(void)close(p->listener);
	if (p->diag_fd >= 0)
		(void)close(p->diag_fd);
	p->listener = p->diag_fd = -1;
}

struct listening {
	uint16_t port;
	bool is_there;
};

static void take_listening(const struct diag_socket *s, void *data)
{
	struct listening *l = data;
	l->is_there |= s->key.local_port == l->port;
}

bool probe_app_is_ready(const struct probe *p)
{
	if (p->ready_file && access(p->ready_file, F_OK) == -1)
		return false;
	if (!p->ready_port)
		return true;
	struct listening l = {.port = p->ready_port};
	bool is_known = diag_dump(p->diag_fd, AF_INET, DIAG_STATE(DIAG_LISTEN), take_listening, &l) == 0;
	is_known |= diag_dump(p->diag_fd, AF_INET6, DIAG_STATE(DIAG_LISTEN), take_listening, &l) == 0;
	return is_known && l.is_there;
}

int probe_answer(const char *line, bool is_ready)
{
	const char *path = strchr(line, ' ');
	if (!path)
		return 400;
	path++;
	size_t length = strcspn(path, " ?\r\n");
	static const struct {
		const char *path;
		bool asks_ready;
	} known[] = {{"/readyz", true}, {"/ready", true}, {"/livez", false}, {"/alive", false}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (length == strlen(known[i].path) && !memcmp(path, known[i].path, length))
			return known[i].asks_ready && !is_ready ? 503 : 200;
	return 404;
}

static void probe_drop(struct probe *p, int i)
{
	(void)close(p->peers[i].fd);
	p->count--;
	memmove(&p->peers[i], &p->peers[i + 1], (size_t)(p->count - i) * sizeof *p->peers);
}

static void probe_accept(struct probe *p, int64_t now_ns)
{
	int fd;
	while ((fd = accept4(p->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		if (p->count == PROBE_MAX)
			probe_drop(p, 0);
		p->peers[p->count++] = (struct probe_peer){fd, now_ns};
		p->accepted(p->data);
	}
}

/* True when this one is done with. A probe's request comes in one piece; what has come in its first is what is judged.
 */
static bool probe_serve_peer(struct probe *p, int fd)
{
	static const char *const bodies[] = {"ok\n", "not ready\n", "no such page\n", "not understood\n"};
	char request[REQUEST_MAX], answer[256];
	ssize_t n = recv(fd, request, sizeof request - 1, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0)
		return true;
	request[n] = '\0';
	int status = probe_answer(request, !p->is_ending && probe_app_is_ready(p));
	const char *body = bodies[status == 200 ? 0 : status == 503 ? 1 : status == 404 ? 2 : 3];
	int length = snprintf(
		answer, sizeof answer,
		"HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
		status, status == 200 ? "OK" : "No", strlen(body), body);
	(void)send(fd, answer, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL);
	/* Whatever else lies unread would turn the close into a reset. */
	(void)shutdown(fd, SHUT_WR);
	while (recv(fd, request, sizeof request, MSG_DONTWAIT) > 0)
		;
	return true;
}

int probe_poll(const struct probe *p, struct pollfd *ret_fds)
{
	int n = 0;
	if (p->listener >= 0)
		ret_fds[n++] = (struct pollfd){.fd = p->listener, .events = POLLIN};
	for (int i = 0; i < p->count; i++)
		ret_fds[n++] = (struct pollfd){.fd = p->peers[i].fd, .events = POLLIN};
	return n;
}

void probe_serve(struct probe *p, int64_t now_ns)
{
	if (p->listener >= 0)
		probe_accept(p, now_ns);
	for (int i = p->count - 1; i >= 0; i--)
		if (probe_serve_peer(p, p->peers[i].fd) || now_ns - p->peers[i].since_ns >= PATIENCE_NS)
			probe_drop(p, i);
}

int64_t probe_next_ns(const struct probe *p)
{
	return p->count ? p->peers[0].since_ns + PATIENCE_NS : INT64_MAX;
}
