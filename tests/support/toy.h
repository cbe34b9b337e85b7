/* SPDX-License-Identifier: Apache-2.0 */
/* Small models made of callbacks, honest ones and ones that mask their gradients, and data for them. */
#ifndef TESTS_SUPPORT_TOY_H
#define TESTS_SUPPORT_TOY_H

#include <bulwark/bulwark.h>

enum { TOY_SIDE = 6, TOY_D = TOY_SIDE * TOY_SIDE, TOY_HIDDEN = 24, TOY_CLASSES = 4 };

/* What a toy does besides being a two-layer network with ReLU. */
typedef enum toy_trick {
  TOY_HONEST,
  TOY_MAX_POOL,  /* honest: the first layer sees the maxima of neighbours, which tie on the background */
  TOY_LOUD,      /* logits times 1e4: cross-entropy saturates */
  TOY_QUANTISED, /* inputs rounded to 8 levels; the gradient is zero, as automatic differentiation has it */
  TOY_STAIRCASE, /* hidden units rounded to quarters; the gradient is zero */
  TOY_SOFTMAX,   /* gives probabilities */
  TOY_RANDOM,    /* noise on the logits, another in each call */
  TOY_STRAIGHT_THROUGH, /* inputs rounded to 8 levels; the gradient pretends that they are not */
  TOY_OTHER_GRADIENT,   /* the gradient of a network with other weights */
  TOY_HALF_GRADIENT,    /* the gradient of half of the inputs is cut */
  TOY_DOUBLE_GRADIENT,  /* twice the gradient */
  TOY_FLIPPED,          /* minus the gradient */
  TOY_NAN,              /* NaN as gradient */
  TOY_CROWDED           /* logits depend on the neighbours in the batch */
} toy_trick;

typedef struct toy {
  float first[TOY_HIDDEN][TOY_D], first_bias[TOY_HIDDEN];
  float second[TOY_CLASSES][TOY_HIDDEN], second_bias[TOY_CLASSES];
  toy_trick trick;
  uint32_t n_calls;
} toy;

/* n pictures (n, 6, 6, 1) of one class a quarter, with noise; the same for the same seed. */
bw_dataset *toy_data(uint64_t n, uint64_t seed);

/* Trains the network on toy_data of its own. */
void toy_train(toy *t, toy_trick trick);

bw_model *toy_model(toy *t);            /* *t must outlive it */
bw_model *toy_model_score_only(toy *t); /* without gradients */

/* A data set from plain arrays: samples (n, d). */
bw_dataset *toy_dataset(uint64_t n, uint32_t d, const float *samples, const int32_t *labels);

#endif
