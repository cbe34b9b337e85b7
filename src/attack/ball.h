/* SPDX-License-Identifier: Apache-2.0 */
/* What an attack may choose from: the norm ball around a clean sample, cut with the box of the input
 * domain. Every function works on one sample, a row of d floats; the clean sample lies in the box. */
#ifndef ATTACK_BALL_H
#define ATTACK_BALL_H

#include <bulwark/attack.h>
#include <stdbool.h>

#include "base/rng.h"

typedef struct bwi_ball {
  bw_norm norm;
  double radius;
  float lower, upper; /* of the input domain, each coordinate */
  uint64_t d;
} bwi_ball;

/* The radius that reaches every corner of the box. */
double bwi_ball_covering(bw_norm norm, float lower, float upper, uint64_t d);

double bwi_ball_width(const bwi_ball *ball); /* of the box: upper - lower */

/* The norm whose length of a gradient is the steepest slope that a step of length 1 meets; not for L0. */
bw_norm bwi_dual(bw_norm norm);

/* Norm of a - b, summed in double; L0 counts the coordinates that differ. NaN if a coordinate is. */
double bwi_distance(bw_norm norm, uint64_t d, const float *a, const float *b);

/* Norm of v, summed in double. */
double bwi_length(bw_norm norm, uint64_t d, const float *v);

/* Whether x is finite, inside the box and inside the ball, of which 1e-6 of the radius is given to the
 * rounding of float32. */
bool bwi_ball_holds(const bwi_ball *ball, const float *clean, const float *x);

/* Moves x to the nearest (Euclidean) point of ball and box. Not for L0: see bwi_ball_keep_greatest. */
void bwi_ball_project(const bwi_ball *ball, const float *clean, float *x);

/* The same for L0, where the nearest point keeps the greatest changes, of equal ones the first: the others
 * become as they were clean. scratch: d floats. */
void bwi_ball_keep_greatest(const bwi_ball *ball, const float *clean, float *x, float *scratch);

/* A step of length `step` along the steepest ascent of the norm for the linear function `slope`, then the
 * projection. Linf: step * sign(slope). L2: step * slope / |slope|. L1: the n_moved coordinates of greatest
 * slope that the box lets move, step / n_moved each (Tramer and Boneh 2019, SLIDE). scratch: d floats. */
void bwi_ball_ascend(const bwi_ball *ball, const float *clean, const float *slope, float step,
                     uint64_t n_moved, float *x, float *scratch);

/* The same step without the projection. */
void bwi_ball_step(const bwi_ball *ball, const float *slope, float step, uint64_t n_moved, float *x,
                   float *scratch);

/* Moves x into ball and box; in L2 by shrinking the perturbation and then clamping, which need not end at the
 * nearest point; in Linf and L1 by the projection. */
void bwi_ball_clip(const bwi_ball *ball, const float *clean, float *x);

/* Gives the perturbation of x the length of the radius in L2, whatever the ball's norm; then clamps to the
 * box, which may shorten it. Where x is clean it stays. */
void bwi_ball_stretch(const bwi_ball *ball, const float *clean, float *x);

/* The nearest sample whose coordinates are one of 2^n_bits even steps of the domain; if that leaves the ball,
 * with each rounded towards the clean sample instead, which may leave it too when clean is no such sample. */
void bwi_ball_round(const bwi_ball *ball, const float *clean, const float *x, uint32_t n_bits,
                    float *rounded);

/* The k-th greatest of n values, k from 1 to n. Permutes values. */
float bwi_kth_greatest(float *values, uint64_t n, uint64_t k);

/* A random direction of the full radius, clamped to the box: uniform and scaled so that its greatest
 * coordinate is the radius in Linf, a normalised Gaussian in L2 and L1. A pure function of (key, draw). */
void bwi_ball_random_rim(const bwi_ball *ball, const float *clean, bwi_rng_key key, uint32_t draw, float *x);

/* A random point: uniform in the Linf ball; on the sphere of L2 (a normalised Gaussian) and of L1 (a
 * normalised Laplacian); then projected onto the box. A pure function of (key, draw). */
void bwi_ball_random(const bwi_ball *ball, const float *clean, bwi_rng_key key, uint32_t draw, float *x);

#endif
