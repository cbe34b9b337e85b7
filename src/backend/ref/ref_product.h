/* SPDX-License-Identifier: Apache-2.0 */
/* The matrix product that matrix primitives and convolution share. Columns of the right operand are widened
 * to double a panel at a time, and each row of the left one is multiplied with a whole panel; what
 * follows a product (a scale, an addend, an activation) is applied before the one rounding. */
#ifndef REF_PRODUCT_H
#define REF_PRODUCT_H

#include "backend/ref/ref_element.h"

#define BWI_PANEL 64 /* columns multiplied at a time */

/* Element (i, j) is data[offset + i * row + j * column]. */
typedef struct bwi_matrix {
  const void *data; /* NULL: there is none */
  bw_dtype dtype;
  int64_t offset, row, column;
} bwi_matrix;

/* out (rows, columns), row-major from out_offset on, becomes
 *   activate(alpha * (a . b) * out_mask + beta * addend + residual)
 * and 0 where `mask` is. Another mask has one element for each block x block elements of what it scales;
 * where it is 0, so is the result.
 */
typedef struct bwi_product {
  int64_t rows, inner, columns;
  bwi_matrix a, b, addend, residual, mask;
  bwi_matrix a_mask, b_mask, out_mask;
  int64_t block;
  double alpha, beta;
  bool relu;
  void *out;
  bw_dtype dtype;
  int64_t out_offset;
} bwi_product;

/* Bytes of scratch for the functions below: a panel and a row. SIZE_MAX when that overflows. */
size_t bwi_product_scratch(int64_t inner);

/* The whole product. */
void bwi_product_run(const bwi_product *product, void *scratch);

/* Its parts, for operands that are not plain matrices. panel (inner, width) holds columns j .. j + width of
 * b. */
void bwi_load_panel(const bwi_product *product, double *panel, int64_t j, int64_t width);
void bwi_multiply_panel(const bwi_product *product, const double *panel, double *row, int64_t j,
                        int64_t width);
/* acc (width) = row (inner) . panel (inner, width). */
void bwi_row_times_panel(double *restrict acc, const double *row, const double *panel, int64_t inner,
                         int64_t width);
/* Finishes and stores columns j .. j + width of row i from their sums. */
void bwi_finish_row(const bwi_product *product, int64_t i, int64_t j, int64_t width, double *acc);

#endif
