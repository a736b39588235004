/* names.h - the forms of names that the API server insists on, and the nearest known word to a misspelt one. */
#ifndef MANIFEST_NAMES_H
#define MANIFEST_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* A form, and how messages call it: "a name of lower-case letters, digits and '-'". */
struct form {
	bool (*fits)(const char *text);
	const char *what;
};

extern const struct form form_label;     /* RFC 1123 label: containers, namespaces, named ports of a Service */
extern const struct form form_subdomain; /* labels joined with dots: Deployments, Ingresses */
extern const struct form form_service;   /* a label that begins with a letter */
extern const struct form form_port;      /* at most 15 characters, one of them a letter */
extern const struct form form_host;      /* a subdomain, or one behind "*." */
extern const struct form form_env;       /* printable ASCII without '=' */
extern const struct form form_key;       /* [prefix/]name of labels and annotations */
extern const struct form form_label_value;
extern const struct form form_header;
extern const struct form form_path; /* begins with '/' */

/* Single-letter changes from one to the other; `limit` + 1 when it is more than `limit`. */
size_t names_distance(const char *from, const char *to, size_t limit);

#endif
