/* fd.h - descriptors that close themselves: `auto_close int fd = -1;`, handed out with `steal_fd(&fd)`. */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <unistd.h>

static inline void fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static inline int steal_fd(int *fd)
{
	int stolen = *fd;
	*fd = -1;
	return stolen;
}

#define auto_close __attribute__((cleanup(fd_close)))

#endif
