/* SPDX-License-Identifier: Apache-2.0 */
/* Option structs of the public API begin with their size, so that a caller compiled against an older, shorter
 * one keeps working: fields that it does not know keep their defaults. */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <string.h>

/* Fills as much of the caller's struct as it has. */
static inline void bwi_options_init(void *out, size_t out_bytes, const void *standard,
                                    size_t standard_bytes) {
  memcpy(out, standard, out_bytes < standard_bytes ? out_bytes : standard_bytes);
}

/* Copies as much as both have from the caller's struct into ours, which holds the defaults. */
static inline void bwi_options_take(void *own, size_t own_bytes, const void *given, size_t given_bytes) {
  memcpy(own, given, own_bytes < given_bytes ? own_bytes : given_bytes);
}

#endif
