/* SPDX-License-Identifier: Apache-2.0 */
/* Text as the line-based opcodes of pickle write it. */
#ifndef FORMAT_PICKLE_TEXT_H
#define FORMAT_PICKLE_TEXT_H

#include "base/cursor.h"

/* Both write at most line.size bytes to `to` and return how many. */

/* STRING: a literal in quotes with Python's escapes; SIZE_MAX if it has no quotes. */
size_t bwi_pickle_unquote(uint8_t *to, bwi_bytes line);
/* UNICODE: \uXXXX and \UXXXXXXXX become UTF-8, all else stays. */
size_t bwi_pickle_unescape(uint8_t *to, bwi_bytes line);

/* A decimal integer, perhaps with a sign or Python 2's final L; false if it is anything else or does not
 * fit. */
bool bwi_pickle_integer(bwi_bytes line, int64_t *out);
/* Whether the line can be a number of any size, whole or not. */
bool bwi_pickle_is_number(bwi_bytes line);

#endif
