/* check.h - one HTTP or TCP attempt against a pod, from its node: what a kubelet does for a probe or an httpGet hook.
 */
#ifndef LAB_CHECK_H
#define LAB_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct check_spec {
	int netns;        /* from where */
	uint32_t address; /* network order */
	uint16_t port;    /* host order */
	bool http;        /* else: TCP, done once connected */
	const char *path;
	char *const *headers;   /* "Name: value", NULL-ended, or NULL */
	const char *user_agent; /* "kube-probe/1.34" */
	int64_t timeout_ns;     /* 0: none */
};

struct check;
/* `status`: HTTP status, 0 for TCP or no answer. `why` is "" when it went through, else "connection refused",
 * "timeout". The check is gone when this returns. */
typedef void check_done(int status, const char *why, void *data);

/* Never fails: what goes wrong is said by `done`, always from the loop. */
struct check *check_start(uv_loop_t *loop, const struct check_spec *spec, check_done *done, void *data);
void check_cancel(struct check *c); /* no callback; NULL is fine */

#endif
