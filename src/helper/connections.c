// SPDX-License-Identifier: Apache-2.0
#include "connections.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A tie that no ACK has resolved by then: the answer went out in the same tick, and its ACK with something else. */
#define TIE_NS (2 * NS_PER_S)

static const int families[] = {AF_INET, AF_INET6};

int connections_init(struct connections *c, const struct connections_config *config)
{
	*c = (struct connections){.config = *config, .diag_fd = -1};
	memcpy(c->ports, config->ports, sizeof c->ports);
	c->port_count = config->port_count;
	int fd = diag_open();
	if (fd < 0)
		return fd;
	c->diag_fd = fd;
	return 0;
}

void connections_finish(struct connections *c)
{
	if (!c->all && !c->capacity && c->diag_fd == 0)
		return;
	fd_close(&c->diag_fd);
	free(c->all);
	c->all = NULL;
}

static bool is_port(const struct connections *c, uint16_t port)
{
	for (int i = 0; i < c->port_count; i++)
		if (c->ports[i] == port)
			return true;
	return false;
}

static bool is_loopback(const struct diag_key *k)
{
	static const uint8_t v6[16] = {[15] = 1};
	return k->family == AF_INET ? k->local[0] == 127 : !memcmp(k->local, v6, sizeof v6);
}

static void take_listener(const struct diag_socket *s, void *data)
{
	struct connections *c = data;
	uint16_t port = s->key.local_port;
	bool is_found = !c->config.port_count && !is_loopback(&s->key) && port != c->config.own_port;
	if (is_found && !is_port(c, port) && c->port_count < CONNECTIONS_PORTS_MAX)
		c->ports[c->port_count++] = port;
	if (is_port(c, port))
		c->sight.waiting += s->unread;
}

int connections_find_ports(struct connections *c)
{
	c->sight.waiting = 0;
	for (int i = 0; i < 2; i++) {
		int rc = diag_dump(c->diag_fd, families[i], DIAG_STATE(DIAG_LISTEN), take_listener, c);
		if (rc < 0 && rc != -ENOENT)
			return rc;
	}
	return 0;
}

static bool is_tie_busy(const struct connection *c, const struct diag_socket *s, int64_t now_ns)
{
	/* An ACK that came after the last data acknowledges what was sent after it. */
	if (s->acked_ms < s->received_ms)
		return false;
	if (now_ns - c->changed_ns >= TIE_NS)
		return false;
	if (!c->is_seen)
		return true;
	uint32_t data = s->data_segments_in - c->data_segments_in;
	uint32_t pure = s->segments_in - c->segments_in - data;
	return pure > 0 ? false : data > 0 || c->is_busy;
}

static bool is_busy(const struct connection *c, const struct diag_socket *s, int64_t now_ns)
{
	if (s->unread || s->unsent)
		return true;
	if (!s->has_info || !s->bytes_received)
		return false; /* who has not spoken asks nothing */
	if (!s->bytes_sent || s->received_ms < s->sent_ms)
		return true;
	return s->received_ms == s->sent_ms && is_tie_busy(c, s, now_ns);
}

bool connection_update(struct connection *c, const struct diag_socket *s, int64_t now_ns)
{
	bool has_come = c->is_seen && s->bytes_received != c->bytes_received;
	if (!c->is_seen || has_come || s->bytes_sent != c->bytes_sent)
		c->changed_ns = now_ns;
	c->is_busy = is_busy(c, s, now_ns);
	c->is_seen = true;
	c->bytes_received = s->bytes_received;
	c->bytes_sent = s->bytes_sent;
	c->segments_in = s->segments_in;
	c->data_segments_in = s->data_segments_in;
	return has_come;
}

static bool is_ignored(const struct connections *c, const struct diag_key *k)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	for (int i = 0; i < c->config.ignored_count; i++) {
		const struct connections_peer *p = &c->config.ignored[i];
		size_t length = p->family == AF_INET ? 4 : 16;
		if (p->family == k->family && !memcmp(p->address, k->remote, length))
			return true;
		/* An app that listens on IPv6 sees its IPv4 peers like this. */
		if (p->family == AF_INET && k->family == AF_INET6 && !memcmp(k->remote, mapped, sizeof mapped) &&
		    !memcmp(k->remote + sizeof mapped, p->address, 4))
			return true;
	}
	return false;
}

/* In the order of remote ports and addresses, so that a dump of thousands does not search thousands for each. */
static int compare(const void *a, const void *b)
{
	const struct connection *x = a, *y = b;
	int order = memcmp(x->key.cookie, y->key.cookie, sizeof x->key.cookie);
	return order;
}

static struct connection *find_known(struct connections *c, const struct diag_key *key, unsigned sorted)
{
	struct connection wanted = {.key = *key};
	return sorted ? bsearch(&wanted, c->all, sorted, sizeof *c->all, compare) : NULL;
}

struct finding {
	struct connections *c;
	unsigned sorted; /* known before this dump, in order */
};

static struct connection *add(struct connections *c, const struct diag_key *key)
{
	if (c->count == CONNECTIONS_MAX)
		return NULL;
	if (c->count == c->capacity) {
		c->capacity = c->capacity ? 2 * c->capacity : 64;
		c->all = memory_resize(c->all, c->capacity, sizeof *c->all);
	}
	c->all[c->count] = (struct connection){.key = *key};
	return &c->all[c->count++];
}

static void take_sight(struct connections *c, struct connection *known, const struct diag_socket *s)
{
	uint32_t before = known->data_segments_in;
	if (connection_update(known, s, c->now_ns))
		c->sight.arrivals += s->data_segments_in != before ? s->data_segments_in - before : 1;
	c->sight.in_flight += known->is_busy;
	c->sight.open++;
}

static void take_connection(const struct diag_socket *s, void *data)
{
	struct finding *f = data;
	struct connections *c = f->c;
	if (!is_port(c, s->key.local_port) || is_ignored(c, &s->key))
		return;
	struct connection *known = find_known(c, &s->key, f->sorted);
	if (!known)
		known = add(c, &s->key);
	if (!known) {
		c->sight.open++;
		return;
	}
	known->round = c->round;
	take_sight(c, known, s);
}

static void forget_gone(struct connections *c)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < c->count; i++)
		if (c->all[i].round == c->round)
			c->all[kept++] = c->all[i];
	c->count = kept;
	if (kept)
		qsort(c->all, kept, sizeof *c->all, compare);
}

int connections_find(struct connections *c, int64_t now_ns)
{
	int rc = connections_find_ports(c);
	if (rc < 0)
		return rc;
	c->now_ns = now_ns;
	c->round++;
	c->sight = (struct connections_sight){.waiting = c->sight.waiting};
	struct finding f = {c, c->count};
	unsigned states = DIAG_STATE(DIAG_ESTABLISHED) | DIAG_STATE(DIAG_CLOSE_WAIT);
	for (int i = 0; i < 2; i++) {
		rc = diag_dump(c->diag_fd, families[i], states, take_connection, &f);
		if (rc < 0 && rc != -ENOENT)
			return rc;
	}
	forget_gone(c);
	return 0;
}

int connections_look(struct connections *c, int64_t now_ns)
{
	c->now_ns = now_ns;
	c->sight = (struct connections_sight){.waiting = c->sight.waiting};
	unsigned kept = 0;
	for (unsigned i = 0; i < c->count; i++) {
		struct diag_socket s;
		int rc = diag_look(c->diag_fd, &c->all[i].key, &s);
		if (rc < 0 && rc != -ENOENT)
			return rc;
		if (rc < 0 || (s.state != DIAG_ESTABLISHED && s.state != DIAG_CLOSE_WAIT))
			continue;
		take_sight(c, &c->all[i], &s);
		c->all[kept++] = c->all[i];
	}
	c->count = kept;
	return 0;
}

uint64_t connections_segments(const struct connections *c)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < c->count; i++)
		sum += c->all[i].data_segments_in;
	return sum;
}
