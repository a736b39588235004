/* limits.h - what this machine allows us, and what it counts when something did not fit: read before and after a load,
 * to tell our own limits from the service's.
 *
 * What cannot be read (no such file, no permission) is 0. The kernel's counters are those of this network namespace,
 * whoever made them count.
 */
#ifndef LOAD_LIMITS_H
#define LOAD_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

struct limits_conntrack {
	uint64_t count, max;    /* entries; max 0: connections are not tracked here */
	uint64_t drop;          /* packets dropped: the table was full */
	uint64_t early_drop;    /* entries thrown out to make room */
	uint64_t insert_failed; /* packets dropped: two connections wanted the same entry */
};

struct limits {
	int64_t wall_ns, cpu_ns; /* of this process, all its threads */
	uint64_t files;          /* descriptors that we may have */
	uint64_t port_low, port_high;
	uint64_t listen_overflows; /* handshakes that found a listener's queue full */
	uint64_t listen_drops;     /* those and others that a listener could not take */
	struct limits_conntrack conntrack;
};

void limits_read(struct limits *l);

/* /proc/net/netstat. False, with nothing changed, when the counters are not in it. */
bool limits_parse_netstat(const char *text, struct limits *l);
/* /proc/net/stat/nf_conntrack: one line for each processor, added up. Likewise. */
bool limits_parse_conntrack(const char *text, struct limits_conntrack *c);
/* /proc/sys/net/ipv4/ip_local_port_range. Likewise. */
bool limits_parse_ports(const char *text, struct limits *l);

/* A look now and then, while it runs: what is over when the load ends would not be seen then. */
struct limits_watch {
	int threads; /* that send */
	struct limits first, last;
	int64_t watched_ns;
	int64_t busy_ns; /* of these, those in which the threads had nothing left to give */
	int64_t busy_cpu_ns;
	uint64_t conntrack_peak;
};

#define LIMITS_BUSY 0.9 /* of the threads' time */

void limits_watch_start(struct limits_watch *w, int threads);
void limits_watch_look(struct limits_watch *w); /* once a second or so */
void limits_watch_end(struct limits_watch *w);

#endif
