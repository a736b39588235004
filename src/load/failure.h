/* failure.h - how a broken connection is called: phase reached and errno to the kind of outcome. */
#ifndef LOAD_FAILURE_H
#define LOAD_FAILURE_H

#include "outcome.h"

enum failure_phase { FAILURE_SEND = 0, FAILURE_WAIT, FAILURE_HEAD, FAILURE_BODY, FAILURE_PHASES };
enum failure_manner { FAILURE_RESET = 0, FAILURE_CLOSED, FAILURE_TIMEOUT, FAILURE_MALFORMED, FAILURE_MANNERS };

/* Of socket(), connect() or SO_ERROR; `number` is a positive errno. */
enum outcome_kind failure_connecting(int number);
enum outcome_kind failure_connected(enum failure_phase phase, enum failure_manner manner);
/* An error of a connection that stood: the network gave up (timeout), or it was reset. */
enum failure_manner failure_manner(int number);

#endif
