/* SPDX-License-Identifier: Apache-2.0 */
/* The boundary that is nearest when the model is taken for linear around the iterate: what FAB and DeepFool
 * step to. */
#ifndef ATTACK_LINEARISE_H
#define ATTACK_LINEARISE_H

#include "attack/attack.h"

/* What a class that linearises begins its notes with, and the row that it leaves to slopes in passing. */
typedef struct bwi_facet {
  double gap;   /* how far the logits are beyond the boundary: below 0 on this side of it */
  double reach; /* how far away it is by the linear model */
} bwi_facet;
enum { BWI_FACET_ROW };

/* Leaves each sample with the facet of the boundary that it is to cross, and in `slope` the gradient of what
 * vanishes there: of loss `aimed` if it is aimed at a class; else of the difference of logits with the class
 * whose boundary is nearest in the ball's norm, of those that bwi_batch_chosen_slopes would visit (choice
 * NULL: of all). The slope is 0 where the model has no gradient. */
bw_status bwi_linearise(bwi_batch *batch, bwi_loss aimed, uint32_t n_chosen, bwi_class_choice_fn choice,
                        bw_error *err);

#endif
