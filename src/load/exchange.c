// SPDX-License-Identifier: Apache-2.0
#include "exchange.h"

#include "base/memory.h"

#include <stdlib.h>

void exchanges_init(struct exchanges *s)
{
	list_init(&s->unused);
}

struct exchange *exchanges_take(struct exchanges *s)
{
	struct exchange *x;
	if (list_is_empty(&s->unused)) {
		x = memory_new(1, sizeof *x);
	} else {
		x = list_entry(s->unused.next, struct exchange, place);
		list_unlink(&x->place);
	}
	x->outcome = (struct outcome){0};
	x->message = NULL;
	x->connection = NULL;
	x->is_waiting = false;
	list_init(&x->place);
	list_init(&x->deadline);
	list_init(&x->connect_deadline);
	return x;
}

void exchanges_give_back(struct exchanges *s, struct exchange *x)
{
	/* In front: the one used last is still in the processor's cache. */
	list_append(s->unused.next, &x->place);
}

void exchanges_finish(struct exchanges *s)
{
	list_each(node, next, &s->unused)
	{
		struct exchange *x = list_entry(node, struct exchange, place);
		content_finish(&x->reader);
		free(x);
	}
}
