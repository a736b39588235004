/* delay.h - a real round trip on one machine: packets between two TUN devices are held for a while on their way.
 *
 * netem is not in every kernel and never there for an ordinary user; TUN nearly always is. A process of its own moves
 * the packets, so that neither the load nor the lab waits for it. It ends with its parent.
 */
#ifndef LAB_DELAY_H
#define LAB_DELAY_H

#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

struct delay_pair {
	int near, far; /* descriptors of the two devices; borrowed until delay_start returns */
};

/* A TUN device in the namespace that we are in, still down. */
int delay_device(const char *name, int index, int *ret_fd, struct err *err) __attribute__((warn_unused_result));
/* Each packet that enters one side leaves the other `one_way_ns` later. */
int delay_start(const struct delay_pair *pairs, int count, int64_t one_way_ns, pid_t *ret_pid, struct err *err)
	__attribute__((warn_unused_result));
void delay_stop(pid_t pid); /* 0 is fine */

#endif
