/* files.h - how many descriptors we may have: as many as the system lets us, since each request may need one. */
#ifndef LOAD_FILES_H
#define LOAD_FILES_H

void files_raise_limit(void); /* the soft limit to the hard one; what cannot be is left */

#endif
