/* listener.h - retiring a listening socket without resetting anyone.
 *
 * The last close of a listener resets what is in its queue, and the handshakes that are still under way. So: first no
 * new handshakes (a socket filter drops SYNs; a client that comes now tries again in a second, and is refused then);
 * then accept, until the kernel knows of no handshake for the port; then accept once more and close. The filter needs
 * no privilege. Not seen: handshakes that live in SYN cookies only, and those hidden by TCP_DEFER_ACCEPT.
 */
#ifndef LIFECYCLE_LISTENER_H
#define LIFECYCLE_LISTENER_H

#include "base/clock.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* A look walks the host's whole socket table: not every millisecond. */
#define LISTENER_LOOK_NS (25 * NS_PER_MS)
/* A peer that never answers our SYN-ACK must not hold us for the minute that the kernel goes on trying. */
#define LISTENER_CAP_NS (2 * NS_PER_S)

struct listener {
	int fd; /* borrowed */
	int64_t since_ns;
	unsigned quiet_looks;
};

/* On failure handshakes still come in; it is the caller's choice to go on and risk those. */
int listener_retire(struct listener *l, int fd, int64_t now_ns, struct err *err) __attribute__((warn_unused_result));
/* Call when everything queued has been accepted. True: accept once more, then close. False: go on accepting, and ask
 * again after LISTENER_LOOK_NS. */
bool listener_is_done(struct listener *l, int64_t now_ns);
/* Handshakes under way for the port that `fd` is bound to, or a negative errno. */
int listener_count_handshakes(int fd);

#endif
