/* table.h - the catalogue's results: a table for people, JSON for programs. */
#ifndef CMD_TABLE_H
#define CMD_TABLE_H

#include "rehearsal.h"

#include <jansson.h>
#include <stdbool.h>

struct edge_case {
	const char *name; /* also the cause that it must be laid to */
	const char *problem, *fix;
	const char *manifests[2]; /* as deployed, fixed */
	const char *options;      /* of `rehearse`, for both */
};

/* One run of a case: as deployed (0) or fixed (1). */
struct side {
	const struct edge_case *edge_case;
	int which;
	const struct rehearsal *options;
	bool told;
	json_t *result; /* the verdict, or NULL */
	char *text;     /* the verdict for people, or why there is none; NULL before the end */
	int status;
};

/* As deployed: lost some to its own cause. Fixed: lost none. */
bool side_is_as_it_should(const struct side *s);

void table_tell(const struct side *s); /* one line on standard error */
/* Sides come in pairs. `whole`: the verdicts as deployed in full. */
void table_print(const struct side *sides, int count, bool whole);
void table_print_json(const struct side *sides, int count, int status);

#endif
