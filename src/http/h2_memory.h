/* h2_memory.h - memory for nghttp2 that ends the program when there is none, so that what fails otherwise only for want
 * of memory cannot fail. */
#ifndef HTTP_H2_MEMORY_H
#define HTTP_H2_MEMORY_H

#include <nghttp2/nghttp2.h>

nghttp2_mem h2_memory(void);

#endif
