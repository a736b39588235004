/* counters.h - what the kernel counts for everybody in this network namespace, out of /proc: no privilege needed. */
#ifndef HELPER_COUNTERS_H
#define HELPER_COUNTERS_H

#include <stdint.h>

/* Handshakes accepted in this network namespace since it was made (Tcp: PassiveOpens of /proc/net/snmp, RFC 4022).
 * A negative errno when it cannot be known. */
int64_t counters_read_handshakes(void);
/* Out of that file's text, -EPROTO when it is none. Pure. */
int64_t counters_parse_handshakes(const char *text);

/* How long process 1 of this pid namespace has been running, ns; in a pod, that is the container's age (or the pod's,
 * when its containers share processes). A negative errno when it cannot be known. */
int64_t counters_age_ns(void);
/* Field 22 (starttime) of /proc/PID/stat, in clock ticks since boot; the name in field 2 may hold anything. Pure. */
int64_t counters_parse_start(const char *stat);

#endif
