/* netns.h - network namespaces, held by descriptor. No process and no file keeps them alive: closing the descriptor
 * (and ending the processes inside) ends the namespace with its interfaces.
 *
 * The lab is one thread. It lives in its home namespace and only steps into another for the moment of a call.
 */
#ifndef LAB_NETNS_H
#define LAB_NETNS_H

#include "base/err.h"

/* Remembers where we are as home. Once, before all else here. */
int netns_init(struct err *err) __attribute__((warn_unused_result));
int netns_home(void); /* borrowed descriptor */

int netns_create(int *ret_fd, struct err *err) __attribute__((warn_unused_result));

/* Steps in, calls, steps back. What `call` returns, or a negative errno. */
int netns_inside(int fd, int (*call)(void *data, struct err *err), void *data, struct err *err)
	__attribute__((warn_unused_result));

/* A socket that belongs to the namespace for good. The descriptor, or a negative errno. */
int netns_socket(int fd, int domain, int type, int protocol) __attribute__((warn_unused_result));

/* /proc/sys/net/… of the namespace we are in. */
int netns_sysctl(const char *name, const char *value, struct err *err);

#endif
