/* SPDX-License-Identifier: Apache-2.0 */
/* The fields that .mlxfn files are made of, read one after another in a given layout. As with the cursor
 * below, the first failure latches: what is read afterwards is zero. */
#ifndef FORMAT_MLXFN_FIELDS_H
#define FORMAT_MLXFN_FIELDS_H

#include "base/memory.h"
#include "format/mlxfn.h"
#include "format/mlxfn_layout.h"

/* A binary tree over ids, branching by the bits of a product that is different for different ids: never
 * deeper than 64, whatever ids a file makes up. */
typedef struct bwi_mlxfn_id {
  uint64_t id, payload;
  struct bwi_mlxfn_id *child[2];
} bwi_mlxfn_id;

#define BWI_MLXFN_NO_ENTRY SIZE_MAX /* outside of a tape */

typedef struct bwi_mlxfn_parser {
  bwi_cursor c;
  bwi_mlxfn_layout layout;
  const bwi_mlxfn_limits *limits;
  bwi_arena *arena;
  size_t used_bytes;
  size_t values_left;
  bwi_mlxfn_id *constants; /* of the whole file; payload: offset of the first definition */
  uint32_t function;       /* what is being read, for errors */
  size_t entry;            /* of the function's tape */
} bwi_mlxfn_parser;

static inline bool bwi_mlxfn_failed(const bwi_mlxfn_parser *p) {
  return p->c.status != BW_OK;
}

/* The cursor, put to where the first failure is to be reported. */
bwi_cursor *bwi_mlxfn_at(bwi_mlxfn_parser *p, size_t offset);

/* Zeroed memory that lives as long as the file; NULL after a failure. BW_ELIMIT, BW_ENOMEM. */
void *bwi_mlxfn_take(bwi_mlxfn_parser *p, size_t count, size_t size);

/* A count of items that each take at least min_bytes. BW_ELIMIT above `most`. */
uint32_t bwi_mlxfn_read_count(bwi_mlxfn_parser *p, size_t min_bytes, uint32_t most, const char *what);
/* Text of one line, or free text that only NUL may not be part of. */
const char *bwi_mlxfn_read_text(bwi_mlxfn_parser *p, bool one_line, const char *what);
/* A vector of kind 'S', 'Q' or 'Z' of mlxfn_layout.h. */
void bwi_mlxfn_read_dims(bwi_mlxfn_parser *p, bwi_dims *out, char kind, const char *what);
/* MLX writes a dtype's number and its size; both must agree. */
bw_dtype bwi_mlxfn_read_dtype(bwi_mlxfn_parser *p, const char *what);
/* Shape and dtype, and the bytes of the elements that they announce. */
bwi_mlxfn_array bwi_mlxfn_read_array(bwi_mlxfn_parser *p, size_t *bytes);
/* Bytes of an array's elements, whose shape and dtype were read at `offset`. */
size_t bwi_mlxfn_data_bytes(bwi_mlxfn_parser *p, const bwi_mlxfn_array *array, size_t offset);
/* A primitive's state; fields as mlxfn_layout.h describes them. */
void bwi_mlxfn_read_state(bwi_mlxfn_parser *p, bwi_mlxfn_state *state, const char *fields);

#endif
