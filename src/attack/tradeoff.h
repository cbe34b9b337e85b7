/* SPDX-License-Identifier: Apache-2.0 */
/* Attacks that minimise distance + c * max(0, confidence - margin), and their search for the least c that
 * gives a success (Carlini and Wagner 2017, section V). Each sample has its own c and its own count of
 * steps. */
#ifndef ATTACK_TRADEOFF_H
#define ATTACK_TRADEOFF_H

#include "attack/attack.h"

/* The first member of such an attack's note. */
typedef struct bwi_tradeoff {
  double c, low, high;          /* the weight now; the greatest that failed and the least that succeeded */
  double checked;               /* loss at the last look at it */
  uint32_t n_steps, n_searches; /* with this c; values of c that are done */
  bool found;                   /* a success with this c */
} bwi_tradeoff;

/* What the attack's options say. */
typedef struct bwi_tradeoff_plan {
  double first_c, rate;
  uint32_t n_steps, n_searches;
  bool gives_up; /* a descent that no longer gets anywhere */
} bwi_tradeoff_plan;

/* Also tells the driver which margin a success needs, and that iterates may leave the ball. */
bwi_tradeoff_plan bwi_tradeoff_begin(bwi_batch *batch);

/* c * max(0, confidence - margin), for bwi_batch_gradient_of. */
double bwi_tradeoff_loss(const bwi_batch *batch, uint64_t i, const float *logits, float *cotangent);

/* Counts a step with that loss in all; whether it was the last one with this c. */
bool bwi_tradeoff_ends(const bwi_tradeoff_plan *plan, bwi_tradeoff *own, double loss);

/* Takes the next c; false when that was the last one. */
bool bwi_tradeoff_next(const bwi_tradeoff_plan *plan, bwi_tradeoff *own);

/* slope: the gradient of the weighted loss becomes that of |x - clean|^2 + loss, all in widths of the box. */
void bwi_tradeoff_add_square(const bwi_ball *box, const float *clean, const float *x, float *slope);

/* Rows of option tables. */
#define BWI_SEARCHES(standard_searches)                                                  \
  {                                                                                      \
    "searches", "values of c tried in a binary search", NULL, BW_OPTION_INTEGER, 1, 100, \
        (standard_searches), NULL                                                        \
  }
#define BWI_FIRST_C(standard_c)                                                                            \
  {                                                                                                        \
    "c", "first weight of the loss against the distance", NULL, BW_OPTION_REAL, 1e-12, 1e10, (standard_c), \
        NULL                                                                                               \
  }
#define BWI_GREATEST_C(greatest)                                                                             \
  {                                                                                                          \
    "greatest_c", "the search ends when c would be as great", NULL, BW_OPTION_REAL, 1e-12, 1e12, (greatest), \
        NULL                                                                                                 \
  }
#define BWI_C_FACTOR \
  { "c_factor", "by which c grows when no success is found", NULL, BW_OPTION_REAL, 1.001, 1e6, 2, NULL }
#define BWI_RATE(text, standard_rate) \
  { "rate", (text), NULL, BW_OPTION_REAL, 1e-9, 1e3, (standard_rate), NULL }
#define BWI_CONFIDENCE \
  { "confidence", "margin of the logits that a success must have", NULL, BW_OPTION_REAL, 0, 1e9, 0, NULL }
#define BWI_ABORT_EARLY                                                                                      \
  {                                                                                                          \
    "abort_early", "take the next c when a tenth of the steps made the loss less than 0.01 % smaller", NULL, \
        BW_OPTION_BOOLEAN, 0, 1, 1, NULL                                                                     \
  }

#endif
