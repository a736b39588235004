/* control.h - `lameduck run` says what state it is in, and `lameduck status` asks: by an abstract socket, which needs
 * no file system. Its name holds the pid namespace, since containers of one pod share the network. */
#ifndef HELPER_CONTROL_H
#define HELPER_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

struct control_state {
	char name[16]; /* "serving", "lame-duck", "stopping" */
	uint16_t probe_port;
};

/* A descriptor to poll, or -1: then nobody can ask, which is nothing to fail for. */
int control_open(void);
/* Answers everybody who asks. */
void control_serve(int fd, const struct control_state *state);
/* False when no `lameduck run` is there. */
bool control_ask(struct control_state *ret_state);

#endif
