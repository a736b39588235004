/* verbs.h - the verbs of `lameduck`; each returns the exit status. */
#ifndef HELPER_VERBS_H
#define HELPER_VERBS_H

int verb_run(int argc, char **argv);
int verb_prestop(int argc, char **argv);
int verb_status(int argc, char **argv);
int verb_copy(int argc, char **argv);

#endif
