/* err.h - why something failed, in words for the person who can mend it.
 *
 * A `struct err` lives on the caller's stack, starts zeroed, is filled once where the failure is seen, and gains
 * context on the way up ("list nodes: GET /api/v1/nodes: 403 forbidden"). It is untouched on success, and may be
 * NULL where nobody reads it. The kind decides the exit status: whose fault it was.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define ERR_TEXT_MAX 1024

enum err_kind {
	ERR_NONE = 0,
	ERR_INPUT,  /* what the user gave us: exit status 2 */
	ERR_SYSTEM, /* what the machine or the cluster refused: exit status 3 */
};

struct err {
	enum err_kind kind;
	char text[ERR_TEXT_MAX];
};

/* The exit status means the same in every verb. */
enum status {
	STATUS_OK = 0,           /* nothing lost, nothing found */
	STATUS_LOST = 1,         /* requests lost, or findings */
	STATUS_USAGE = 2,        /* bad usage or bad input */
	STATUS_SYSTEM = 3,       /* the system or the cluster refused */
	STATUS_INCONCLUSIVE = 4, /* too little seen to claim what was asked */
};

/* Both return a negative errno, so that `return err_input(err, …)` reads well. `number` is a positive errno; its text
 * is appended after ": ". A number of 0 appends nothing and returns -EIO. */
int err_input(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
int err_system(struct err *err, int number, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts "context: " in front of what is there. */
void err_wrap(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

enum status err_status(const struct err *err);

#endif
