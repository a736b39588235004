/* attribution.h - which pod a failed request had reached, from what its connection told. */
#ifndef RUN_ATTRIBUTION_H
#define RUN_ATTRIBUTION_H

#include "timeline.h"

/* In order of trust: the last address in the upstream header (an ingress lists its tries in order), the pod header of
 * this very answer, the pod that last answered on a reused connection. Through an ingress the last one says nothing:
 * there a connection has no pod of its own. EVENT_NONE when nothing tells. */
int attribution_guess(const struct timeline *t, const struct failure *f);

/* "10.244.0.5:8080, 10.244.0.6:8080 : 10.244.0.7:8080 @ …": the address of the last one, without its port; "" when it
 * is no address (nginx writes the group's name when it found nobody to ask). */
const char *attribution_last_try(const char *upstream, size_t *ret_length);
/* The ingress wrote that its last try did not come to a connection: "10.0.0.5:80, 10.0.0.6:80 @ 0.001, -". */
bool attribution_never_connected(const char *upstream);
/* The failure came from an ingress in the pod's place: a 502, 503 or 504 that no pod wrote. */
bool attribution_is_gateway(const struct timeline *t, const struct failure *f);

#endif
