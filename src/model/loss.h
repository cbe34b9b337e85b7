/* SPDX-License-Identifier: Apache-2.0 */
/* Losses that an attack climbs, and their derivative with respect to the logits. All are per sample and
 * are computed in double from float32 logits. Untargeted losses are to be maximised; targeted ones are
 * written so that they are to be maximised too. */
#ifndef MODEL_LOSS_H
#define MODEL_LOSS_H

#include <stdint.h>

typedef enum bwi_loss {
  BWI_LOSS_CE = 0,     /* cross-entropy; targeted: minus the cross-entropy of the target */
  BWI_LOSS_MARGIN = 1, /* max_{i != y} z_i - z_y (Carlini and Wagner 2017, f6, without its floor); targeted:
                          z_t - max_{i != t} z_i */
  BWI_LOSS_DLR = 2, /* Croce and Hein 2020, eq. 6; targeted eq. 7. Needs 3 (4) classes; margin with fewer */
  BWI_LOSS_PAIR = 3 /* targeted: z_t - z_y, where the two classes meet it is 0; untargeted: margin */
} bwi_loss;

/* target < 0: untargeted. Writes the cotangent (n_classes) and returns the loss. */
double bwi_loss_eval(bwi_loss loss, uint32_t n_classes, const float *logits, int32_t label, int32_t target,
                     float *cotangent);

/* Kullback-Leibler divergence of the answer with these logits from the one with logits `from`, whose softmax
 * is the first argument: sum of p_from * log(p_from / p). Writes its cotangent, p - p_from. */
double bwi_divergence(uint32_t n_classes, const float *from, const float *logits, float *cotangent);

/* -log of the probability of the class, with all its digits where the probability is nearly 1. */
double bwi_cross_entropy(uint32_t n_classes, const float *logits, uint32_t class);

/* The greatest logit's class, the first of equals; -1 if a logit is NaN. */
int32_t bwi_predict(uint32_t n_classes, const float *logits);

#endif
