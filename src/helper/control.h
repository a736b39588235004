/* control.h - `lameduck run` says what state it is in, and `lameduck status` asks: by an abstract socket, which needs
 * no file system. Its name holds the pid namespace, since containers of one pod share the network. */
#ifndef HELPER_CONTROL_H
#define HELPER_CONTROL_H

#define CONTROL_STATE_MAX 32

/* A descriptor to poll, or -1: then nobody can ask, which is nothing to fail for. */
int control_open(void);
/* Answers everybody who asks. */
void control_serve(int fd, const char *state);
/* "serving", "lame duck", "stopping"; NULL when no `lameduck run` is there. */
const char *control_ask(char state[CONTROL_STATE_MAX]);

#endif
