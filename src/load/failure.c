// SPDX-License-Identifier: Apache-2.0
#include "failure.h"

#include <errno.h>

enum outcome_kind failure_connecting(int number)
{
	switch (number) {
	case ECONNREFUSED:
		return OUTCOME_CONNECT_REFUSED;
	case ETIMEDOUT:
		return OUTCOME_CONNECT_TIMEOUT;
	case ECONNRESET: /* the handshake was complete: a refusal has its own number */
	case ECONNABORTED:
	case EPIPE:
		return OUTCOME_CONNECT_RESET;
	case EADDRNOTAVAIL: /* every local port to this address is taken */
	case EADDRINUSE:
	case EAGAIN:
		return OUTCOME_CLIENT_PORTS;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return OUTCOME_CLIENT_FILES;
	default: /* EHOSTUNREACH, ENETUNREACH, ENETDOWN, ENODEV, EPERM (a firewall), … */
		return OUTCOME_CONNECT_UNREACHABLE;
	}
}

/* There is one name for the phase in which the request is written: a peer that ends the connection before it has the
 * whole request resets it, sooner or later. One that stops reading shows as silence: nothing was answered. */
static const enum outcome_kind kinds[FAILURE_PHASES][FAILURE_MANNERS] = {
	[FAILURE_SEND] = {OUTCOME_SEND_RESET, OUTCOME_SEND_RESET, OUTCOME_WAIT_TIMEOUT, OUTCOME_HEAD_MALFORMED},
	[FAILURE_WAIT] = {OUTCOME_WAIT_RESET, OUTCOME_WAIT_CLOSED, OUTCOME_WAIT_TIMEOUT, OUTCOME_HEAD_MALFORMED},
	[FAILURE_HEAD] = {OUTCOME_HEAD_RESET, OUTCOME_HEAD_CLOSED, OUTCOME_HEAD_TIMEOUT, OUTCOME_HEAD_MALFORMED},
	[FAILURE_BODY] = {OUTCOME_BODY_RESET, OUTCOME_BODY_CLOSED, OUTCOME_BODY_TIMEOUT, OUTCOME_BODY_MALFORMED},
};

enum outcome_kind failure_connected(enum failure_phase phase, enum failure_manner manner)
{
	return kinds[phase][manner];
}

enum failure_manner failure_manner(int number)
{
	switch (number) {
	case ETIMEDOUT:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EHOSTDOWN:
	case ENETDOWN:
		return FAILURE_TIMEOUT;
	default:
		return FAILURE_RESET;
	}
}
