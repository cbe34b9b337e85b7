/* SPDX-License-Identifier: Apache-2.0 */
/* The members of JSON objects, wherever they stand: in a JSON text of any size and depth, or in the middle of
 * a binary file that keeps one. No tree is built and nothing has to be right around them. */
#ifndef GATE_PAIRS_H
#define GATE_PAIRS_H

#include <stdbool.h>

#include "base/cursor.h"
#include "base/error.h"

#define BWI_PAIR_KEY_BYTES 64

typedef struct bwi_pair {
  const char *key; /* with its escapes undone; longer ones are cut off */
  bool is_text;    /* the value is a string: */
  bwi_bytes value; /* as it stands in the file, between its quotes, escapes and all */
  size_t offset;   /* of the key */
} bwi_pair;

/* Anything but BW_OK ends the search. */
typedef bw_status (*bwi_pair_fn)(void *payload, const bwi_pair *pair, bw_error *err);

/* Calls visit for each string that a colon and a value follow. What visit returned, or BW_OK. */
bw_status bwi_pairs_each(bwi_bytes text, bwi_pair_fn visit, void *payload, bw_error *err);

/* Undoes the escapes of a string as far as they fit into `to`, and ends it with NUL. Returns its length. */
size_t bwi_pair_unescape(char *to, size_t capacity, bwi_bytes value);

#endif
