/* SPDX-License-Identifier: Apache-2.0 */
/* The one loop over strided arrays: broadcasting, transposing, slicing and padding are choices of strides.
 * It visits a shape in row-major order, a row at a time; axes that every operand steps through evenly are
 * joined first, so rows are as long as they can be. All strides are in elements. */
#ifndef REF_ITERATE_H
#define REF_ITERATE_H

#include "base/dims.h"

#define BWI_WALK_OPERANDS 16

typedef struct bwi_walk {
  int64_t row;                       /* elements in a row */
  int64_t step[BWI_WALK_OPERANDS];   /* from one element of a row to the next */
  int64_t offset[BWI_WALK_OPERANDS]; /* of the current row's first element */
  uint32_t n, n_outer;
  bool empty, started;
  int64_t extent[BW_MAX_RANK], at[BW_MAX_RANK]; /* the axes around the rows */
  int64_t stride[BW_MAX_RANK][BWI_WALK_OPERANDS];
} bwi_walk;

/* strides: one list an operand, shape->n long. */
void bwi_walk_begin(bwi_walk *walk, const bwi_dims *shape, uint32_t n, const bwi_dims *strides);
/* Goes to the first, then the next row; false after the last one, and then begins anew. */
bool bwi_walk_next(bwi_walk *walk);

int64_t bwi_count(const bwi_dims *shape);
bwi_dims bwi_row_major(const bwi_dims *shape);
/* Strides that read a row-major array of shape `from` as one of shape `to` (NumPy broadcasting). */
bwi_dims bwi_broadcast_strides(const bwi_dims *from, const bwi_dims *to);

/* Copies elements of element_bytes (1, 2, 4 or 8) between two strided arrays that do not overlap. */
void bwi_move(void *to, const bwi_dims *to_strides, const void *from, const bwi_dims *from_strides,
              const bwi_dims *shape, size_t element_bytes);

/* An array seen as (outer, extent, inner) around one axis. A line along the axis starts at
 * o * extent * inner + i and steps by inner. */
typedef struct bwi_lines {
  int64_t outer, extent, inner;
} bwi_lines;
bwi_lines bwi_lines_along(const bwi_dims *shape, int64_t axis);

#endif
