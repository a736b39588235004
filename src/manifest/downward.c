// SPDX-License-Identifier: Apache-2.0
#include "downward.h"

#include "names.h"

#include <string.h>

#define DISTANCE_MAX 2

static const char *const paths[] = {
	"metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
	"status.hostIP", "status.hostIPs",     "status.podIP", "status.podIPs", NULL,
};

static bool has_key(const char *path, const char *map)
{
	char key[400]; /* a prefix of 253, '/', a name of 63 */
	size_t n = strlen(map), length = strlen(path);
	if (length < n + 5 || length - n > sizeof key || strncmp(path, map, n) != 0)
		return false;
	const char *begin = path + n;
	size_t inner = length - n - 4;
	if (strncmp(begin, "['", 2) != 0 || strcmp(begin + 2 + inner, "']") != 0)
		return false;
	memcpy(key, begin + 2, inner);
	key[inner] = '\0';
	return form_key.fits(key);
}

bool downward_is_known(const char *path)
{
	for (const char *const *p = paths; *p; p++)
		if (!strcmp(*p, path))
			return true;
	return has_key(path, "metadata.labels") || has_key(path, "metadata.annotations");
}

const char *downward_nearest(const char *path)
{
	for (size_t limit = 1; limit <= DISTANCE_MAX; limit++)
		for (const char *const *p = paths; *p; p++)
			if (names_distance(path, *p, limit) <= limit)
				return *p;
	return NULL;
}
