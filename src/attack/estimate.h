/* SPDX-License-Identifier: Apache-2.0 */
/* Gradients of a model that gives scores only, from differences between opposite points. */
#ifndef ATTACK_ESTIMATE_H
#define ATTACK_ESTIMATE_H

#include "attack/attack.h"

typedef struct bwi_estimator {
  uint32_t n_pairs; /* of points, for each sample */
  double radius;    /* how far along its direction each point of a pair is */
  double weight;    /* of a pair's difference: 1 / n_pairs for random directions, 1 for orthogonal ones */
  double most;      /* greatest value of the loss that makes a difference; infinite: none */
  bwi_loss loss;    /* cross-entropy or margin */
  uint64_t first;   /* number of the first pair's direction among all that the attack takes */
  /* Writes the direction (d) of a pair. */
  void (*direct)(const struct bwi_estimator *how, const bwi_batch *batch, uint64_t i, uint32_t pair,
                 float *direction);
} bwi_estimator;

/* What a class that estimates begins its notes with, and the first of its rows, which it leaves alone. */
typedef struct bwi_estimate {
  double ahead; /* loss at the first point of a pair */
  double mean;  /* loss over all points */
} bwi_estimate;
enum { BWI_CENTRE_ROW, BWI_DIRECTION_ROW, BWI_ESTIMATE_ROWS };

/* Leaves each sample with the estimated gradient at its iterate in `slope`, and the mean of the loss. */
bw_status bwi_estimate_gradient(bwi_batch *batch, const bwi_estimator *how, bw_error *err);

/* Directions of Gaussian coordinates, and of coordinates that are 1 or -1. */
void bwi_direct_gaussian(const bwi_estimator *how, const bwi_batch *batch, uint64_t i, uint32_t pair,
                         float *direction);
void bwi_direct_signs(const bwi_estimator *how, const bwi_batch *batch, uint64_t i, uint32_t pair,
                      float *direction);

/* Rows of option tables. */
extern const char *const bwi_score_names[];
#define BWI_SAMPLES(standard_samples)                                                                        \
  {                                                                                                          \
    "samples", "model evaluations for an estimated gradient, in opposite pairs", NULL, BW_OPTION_INTEGER, 2, \
        1000000, (standard_samples), NULL                                                                    \
  }
#define BWI_SCORE_LOSS(standard_loss)                                                                        \
  {                                                                                                          \
    "loss", "what is climbed: cross-entropy or logit margin", NULL, BW_OPTION_CHOICE, 0, 1, (standard_loss), \
        bwi_score_names                                                                                      \
  }

#endif
