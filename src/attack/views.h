/* SPDX-License-Identifier: Apache-2.0 */
/* Gradients at other points than the iterate: views of it (resized, scaled, shifted), of which the gradients
 * are carried back to the iterate and added up. A view is no candidate: a wrong answer there is no claim. */
#ifndef ATTACK_VIEWS_H
#define ATTACK_VIEWS_H

#include "attack/ascent.h"

/* Rows and note that a class with views keeps. */
enum { BWI_CENTRE = BWI_MOMENTUM + 1, BWI_SUM, BWI_N_VIEW_ROWS };

typedef struct bwi_view_note {
  double scale; /* times it, row BWI_SUM is the sum */
  double loss;  /* mean over the views */
} bwi_view_note;

/* x (d) seen as view k of a step. */
typedef void (*bwi_show_fn)(const bwi_batch *batch, const bwi_ascent *how, uint64_t i, uint32_t step,
                            uint32_t k, const float *x, float *view);
/* The adjoint of the view's linear part: the gradient at the view becomes one at x. */
typedef void (*bwi_back_fn)(const bwi_batch *batch, const bwi_ascent *how, uint64_t i, uint32_t step,
                            uint32_t k, const float *slope, float *out);

typedef struct bwi_views {
  uint32_t count;
  bwi_show_fn show;
  bwi_back_fn back; /* NULL: the identity */
} bwi_views;

/* Adds the gradients at the views to row BWI_SUM; slope is lost, the iterates are not. */
bw_status bwi_add_views(bwi_batch *batch, const bwi_ascent *how, const bwi_views *views, uint32_t step,
                        bw_error *err);

/* Judges the iterates, then writes the sum of the gradients at the views into slope. */
bw_status bwi_view_slopes(bwi_batch *batch, const bwi_ascent *how, const bwi_views *views, uint32_t step,
                          bw_error *err);

/* scale * slope is added to *sum_scale * sum. Gradients of a confident model may lie below the floats. */
void bwi_add_scaled(uint64_t d, double scale, const float *slope, double *sum_scale, float *sum);

/* The point that the momentum alone would reach next (Nesterov), as a view. */
void bwi_look_ahead(const bwi_batch *batch, const bwi_ascent *how, uint64_t i, uint32_t step, uint32_t k,
                    const float *x, float *view);

#endif
