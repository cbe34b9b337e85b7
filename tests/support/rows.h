/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of small cases for primitives: operands, parameters and the result, written as numbers. */
#ifndef TESTS_SUPPORT_ROWS_H
#define TESTS_SUPPORT_ROWS_H

#include "graph/graph.h"

enum { ROW_VALUES = 24, ROW_OPERANDS = 5 };

typedef struct row_array {
  bw_dtype dtype;
  bwi_dims shape;
  double values[ROW_VALUES]; /* row-major */
} row_array;

typedef struct row {
  const char *name;
  bwi_prim prim;
  bwi_params params;
  uint32_t n_in;
  row_array in[ROW_OPERANDS];
  row_array out;
  double tolerance; /* |got - wanted| <= tolerance * max(1, |wanted|); 0: the very value, NaN included */
  bw_status status; /* what running gives; with anything but BW_OK, out says only dtype and shape */
} row;

/* Initialisers of a row_array: the dtype, extents, then the values. */
#define SCALAR(dtype, value) \
  {                          \
    dtype, {0, {0}}, {       \
      value                  \
    }                        \
  }
#define VECTOR(dtype, n, ...) \
  {                           \
    dtype, {1, {n}}, {        \
      __VA_ARGS__             \
    }                         \
  }
#define MATRIX(dtype, m, n, ...) \
  {                              \
    dtype, {2, {m, n}}, {        \
      __VA_ARGS__                \
    }                            \
  }
#define CUBE(dtype, k, m, n, ...) \
  {                               \
    dtype, {3, {k, m, n}}, {      \
      __VA_ARGS__                 \
    }                             \
  }
#define HYPER(dtype, l, k, m, n, ...) \
  {                                   \
    dtype, {4, {l, k, m, n}}, {       \
      __VA_ARGS__                     \
    }                                 \
  }

/* Computes the row through the reference backend, once with constant operands and once in a plan with
 * inputs, and fails the running cmocka test with the row's name where the result is another one. */
void check_rows(const row *rows, size_t count);

#endif
