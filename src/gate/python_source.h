/* SPDX-License-Identifier: Apache-2.0 */
/* Python source, word by word: comments and strings aside, what does it name? */
#ifndef GATE_PYTHON_SOURCE_H
#define GATE_PYTHON_SOURCE_H

#include <stdbool.h>

#include "base/cursor.h"

/* Whether a text has lines that only Python has: an import, a function, a class. */
bool bwi_python_is_source(bwi_bytes text);

/* The next word at or behind *at that runs code, programs or network connections: a call such as exec( or an
 * import of such a module. False if there is none; else *at is its place, and *n its length. */
bool bwi_python_find_danger(bwi_bytes text, size_t *at, size_t *n);

#endif
