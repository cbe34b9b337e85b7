/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/ref/ref_product.h"

#include <math.h>

#include "base/checked.h"

size_t bwi_product_scratch(int64_t inner) {
  size_t bytes;
  return bwi_mul_size(&bytes, (size_t)inner, (BWI_PANEL + 1) * sizeof(double)) ? bytes : SIZE_MAX;
}

static void load_row(double *to, const bwi_matrix *m, int64_t i, int64_t j, int64_t n) {
  bwi_load_real(to, m->data, m->dtype, m->offset + i * m->row + j * m->column, m->column, n);
}

/* Scales what is columns j .. j + n of row i of a masked matrix. */
static void apply_mask(double *x, const bwi_matrix *mask, int64_t block, int64_t i, int64_t j, int64_t n) {
  for (int64_t k = 0; mask->data != NULL && k < n; k++) {
    double scale;
    load_row(&scale, mask, i / block, (j + k) / block, 1);
    x[k] = scale == 0 ? 0 : x[k] * scale;
  }
}

void bwi_load_panel(const bwi_product *p, double *panel, int64_t j, int64_t width) {
  for (int64_t k = 0; k < p->inner; k++) {
    load_row(panel + k * width, &p->b, k, j, width);
    apply_mask(panel + k * width, &p->b_mask, p->block, k, j, width);
  }
}

void bwi_row_times_panel(double *restrict acc, const double *row, const double *panel, int64_t inner,
                         int64_t width) {
  for (int64_t j = 0; j < width; j++) acc[j] = 0;
  for (int64_t k = 0; k < inner; k++) {
    const double factor = row[k];
    const double *from = panel + k * width;
    for (int64_t j = 0; j < width; j++) acc[j] += factor * from[j];
  }
}

void bwi_finish_row(const bwi_product *p, int64_t i, int64_t j, int64_t width, double *acc) {
  double other[BWI_PANEL];
  for (int64_t k = 0; k < width; k++) acc[k] *= p->alpha;
  apply_mask(acc, &p->out_mask, p->block, i, j, width);
  if (p->addend.data != NULL) {
    load_row(other, &p->addend, i, j, width);
    for (int64_t k = 0; k < width; k++) acc[k] += p->beta * other[k];
  }
  if (p->residual.data != NULL) {
    load_row(other, &p->residual, i, j, width);
    for (int64_t k = 0; k < width; k++) acc[k] += other[k];
  }
  for (int64_t k = 0; p->relu && k < width; k++) acc[k] = acc[k] > 0 || isnan(acc[k]) ? acc[k] : 0;
  if (p->mask.data != NULL) {
    load_row(other, &p->mask, i, j, width);
    for (int64_t k = 0; k < width; k++) acc[k] = other[k] != 0 ? acc[k] : 0;
  }
  bwi_store_real(p->out, p->dtype, p->out_offset + i * p->columns + j, 1, acc, width);
}

void bwi_multiply_panel(const bwi_product *p, const double *panel, double *row, int64_t j, int64_t width) {
  double acc[BWI_PANEL];
  for (int64_t i = 0; i < p->rows; i++) {
    load_row(row, &p->a, i, 0, p->inner);
    apply_mask(row, &p->a_mask, p->block, i, 0, p->inner);
    bwi_row_times_panel(acc, row, panel, p->inner, width);
    bwi_finish_row(p, i, j, width, acc);
  }
}

void bwi_product_run(const bwi_product *p, void *scratch) {
  double *row = scratch, *panel = row + p->inner;
  for (int64_t j = 0; j < p->columns; j += BWI_PANEL) {
    const int64_t width = p->columns - j < BWI_PANEL ? p->columns - j : BWI_PANEL;
    bwi_load_panel(p, panel, j, width);
    bwi_multiply_panel(p, panel, row, j, width);
  }
}
