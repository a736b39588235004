/* account.h - what the end has cost, said when it is over. */
#ifndef SERVE_ACCOUNT_H
#define SERVE_ACCOUNT_H

struct server;

/* After the lanes have ended. The exit status: STATUS_LOST when something was cut, unless that was asked for. */
int account_print(const struct server *s);

#endif
