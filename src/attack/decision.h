/* SPDX-License-Identifier: Apache-2.0 */
/* What attacks that see labels only share: a loop in which each sample asks its own next question, and the
 * search for the boundary between the clean sample and a success. */
#ifndef ATTACK_DECISION_H
#define ATTACK_DECISION_H

#include "attack/attack.h"

/* Takes the answer to the last query of sample i, whose point is still in its row of x (whether it was a
 * success; false before the first query), and writes the next point there. False: there is no more to ask,
 * the sample leaves. */
typedef bool (*bwi_ask_fn)(bwi_batch *batch, uint64_t i, bool was_success, const void *settings);

/* Until each sample has left or has asked as often as option queries allows. A sample's questions depend on
 * nothing but its own answers. */
bw_status bwi_decide(bwi_batch *batch, bwi_ask_fn ask, const void *settings, bw_error *err);

/* Places on a way that begins at the clean sample, as a share of it or by their distance. */
typedef struct bwi_bracket {
  double low, high; /* no success; a success */
  uint32_t n_left;  /* halvings to come */
} bwi_bracket;

/* To be halved until it is no longer than tolerance. */
bwi_bracket bwi_bracket_of(double low, double high, double tolerance);

double bwi_bracket_middle(const bwi_bracket *b);

/* Takes in whether the middle was a success. */
void bwi_bracket_halve(bwi_bracket *b, bool was_success);

/* x: the point at a share of the way from clean to end: of the line; in Linf, end with its coordinates
 * clamped to that share of the distance. */
void bwi_approach(const bwi_ball *ball, const float *clean, const float *end, double share, float *x);

/* x: from + scale * direction, clamped to the box. */
void bwi_walk(const bwi_ball *box, const float *from, const float *direction, double scale, float *x);

/* Rows of option tables. */
#define BWI_QUERIES(standard_queries)                                                                     \
  {                                                                                                       \
    "queries", "greatest number of model evaluations for a sample", NULL, BW_OPTION_INTEGER, 1, 10000000, \
        (standard_queries), NULL                                                                          \
  }
#define BWI_STARTS(standard_starts)                                                                          \
  {                                                                                                          \
    "starts", "first points tried for a sample until one is a success", NULL, BW_OPTION_INTEGER, 1, 1000000, \
        (standard_starts), NULL                                                                              \
  }

#endif
