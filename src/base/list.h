/* list.h - an intrusive doubly linked list. A head and an unlinked node point at themselves, so unlinking twice is
 * safe. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

#define LIST_INIT(name)                                                                                                \
	{                                                                                                              \
		&(name), &(name)                                                                                       \
	}

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_is_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_unlink(struct list *l)
{
	l->next->prev = l->prev;
	l->prev->next = l->next;
	list_init(l);
}

static inline void list_append(struct list *head, struct list *l)
{
	l->prev = head->prev;
	l->next = head;
	head->prev->next = l;
	head->prev = l;
}

#define list_entry(node, type, member) ((type *)((char *)(node)-offsetof(type, member)))

/* `next` lets the body unlink the current node; unlinking others is the caller's risk. */
#define list_each(node, following, head)                                                                               \
	for (struct list *node = (head)->next, *following = node->next; node != (head);                                \
	     node = following, following = node->next)

#endif
