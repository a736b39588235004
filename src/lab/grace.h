/* grace.h - the arithmetic of a container's end: preStop, TERM and KILL inside one grace period.
 *
 * The grace period runs from the deletion's arrival at the kubelet. The preStop hook is inside it; when it has used it
 * up, what is left is 2 s, once (kuberuntime_container.go, minimumGracePeriodInSeconds). All times in ns from that
 * arrival.
 */
#ifndef LAB_GRACE_H
#define LAB_GRACE_H

#include <stdint.h>

/* When TERM is sent if the hook ends at `hook_ns` (0: there is none). A hook that is not done by the end of the grace
 * period is no longer waited for. */
int64_t grace_term(int64_t grace_ns, int64_t hook_ns);
/* When KILL is sent, if TERM was sent at `term_ns`. */
int64_t grace_kill(int64_t grace_ns, int64_t term_ns);

#endif
