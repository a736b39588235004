/* values.h - one field's value, checked against its row in the table and written where the row says. */
#ifndef MANIFEST_VALUES_H
#define MANIFEST_VALUES_H

#include "fields.h"

int value_text(struct reader *r, const struct field *f, const struct node *value, const char **ret_text);
int value_texts(struct reader *r, const struct field *f, const struct node *value, char ***ret_texts);
int value_number(struct reader *r, const struct field *f, const struct node *value, int64_t *ret_number);
int value_switch(struct reader *r, const struct field *f, const struct node *value, bool *ret_on);
int value_port(struct reader *r, const struct field *f, const struct node *value, struct int_or_string *ret_port);
int value_share(struct reader *r, const struct field *f, const struct node *value, struct int_or_string *ret_share);

/* `value` as a string, or "WHAT: expected a string, got the number 1 (quotes make it one)". Null is "" as in Go. */
int value_string(struct reader *r, const char *what, const struct node *value, const char **ret_text);

#endif
