/* request_rules.h - what a request may be, beyond what the parser sees to: 0 or the status that refuses it. Private to
 * this room. */
#ifndef HTTP_REQUEST_RULES_H
#define HTTP_REQUEST_RULES_H

#include "request.h"

/* More of Host's value; false: that cannot be one. */
bool request_takes_host(struct request *r, const char *at, size_t length);
/* The head is complete. */
int request_check(const struct request *r);
/* What has grown too long. To be asked where a part has ended and at each mark (REQUEST_STEP), but not where the peer's
 * packets end: there, a byte that is malformed may not have been reached yet. */
int request_excess(const struct request *r);
/* The parser has given up. */
int request_error(const llhttp_t *parser, llhttp_errno_t error);

#endif
