/* catalogue.h - the edge cases: each a Deployment as people write it and the same with its fix, rehearsed side by side.
 */
#ifndef CMD_CATALOGUE_H
#define CMD_CATALOGUE_H

#include "rehearsal.h"

/* Of `options` the output format, seed, jobs, case and quiet are used. The exit status: 0 when every case loses
 * requests as deployed, to its own cause, and none with its fix. */
int catalogue_run(const struct rehearsal *options);

#endif
