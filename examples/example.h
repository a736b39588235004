/* example.h - what the examples share and no loop is about: configuration, signals, a listening socket, log lines. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4 */
#endif

#include <errno.h>
#include <inttypes.h>
#include <lameduck.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long a client may do nothing after the last answer: neither close nor read. */
#define LINGER_MS 2000

/* A signal handler is given nothing else. */
static struct lameduck *example_duck;

static inline void on_signal(int number)
{
	(void)number;
	lameduck_term(example_duck);
}

/* Defaults, then the LAMEDUCK_ variables; TERM and INT are the library's from here on. Ends the program if that cannot
 * be. */
static inline struct lameduck *duck_create(lameduck_change_cb *on_change, lameduck_listener_cb *on_listener, void *data)
{
	struct lameduck_config config;
	const char *bad = NULL;
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	lameduck_config_init(&config);
	config.on_change = on_change;
	config.on_listener = on_listener;
	config.data = data;
	if (lameduck_config_from_env(&config, &bad) < 0 || lameduck_config_resolve(&config, &bad) < 0) {
		fprintf(stderr, "bad configuration: %s\n", bad);
		exit(2);
	}
	example_duck = lameduck_create(&config);
	if (!example_duck) {
		perror("cannot create");
		exit(3);
	}
	(void)signal(SIGPIPE, SIG_IGN); /* a client that is gone shows in other ways */
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	return example_duck;
}

/* A listening socket that does not block, on the port that is the program's argument (8080 without one, any for 0). */
static inline int listen_at(int argc, char **argv)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t size = sizeof a;
	int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	a.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 8080));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) == -1 || listen(fd, SOMAXCONN) == -1) {
		perror("cannot listen");
		exit(3);
	}
	(void)getsockname(fd, (struct sockaddr *)&a, &size);
	fprintf(stderr, "listening on port %d\n", ntohs(a.sin_port));
	return fd;
}

static inline int accept_from(int listening)
{
	return accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* For lameduck_config.on_change. */
static inline void log_change(struct lameduck *duck, const struct lameduck_change *c, void *data)
{
	(void)duck, (void)data;
	fprintf(stderr, "state=%s why=%s connections=%" PRIu64 " requests=%" PRIu64 "\n", lameduck_state_name(c->to),
		lameduck_why_name(c->why), c->connections, c->requests);
}

/* Says what the end has cost; returns the exit status. */
static inline int duck_finish(struct lameduck *duck)
{
	struct lameduck_report r;
	lameduck_get_report(duck, &r);
	(void)signal(SIGTERM, SIG_IGN); /* it is as good as over, and the handler's instance is about to go */
	(void)signal(SIGINT, SIG_IGN);
	lameduck_destroy(duck);
	fprintf(stderr,
		"accepted=%" PRIu64 " served=%" PRIu64 " closed=%" PRIu64 " idle=%" PRIu64 " lost=%" PRIu64 "\n",
		r.accepted, r.served, r.closed, r.cut[LAMEDUCK_CUT_IDLE], r.lost);
	return r.lost > 0;
}

#endif
