/* SPDX-License-Identifier: Apache-2.0 */
/* Exact projections onto hyperplane and box together (Croce and Hein 2020, FAB, section 2.2). With room_j how
 * far the box lets coordinate j go in the direction in which w . x changes as wanted, the optimum is
 *   Linf: step_j = min(t, room_j)          L2: step_j = min(t |w_j|, room_j)
 *   L1: step_j = room_j for the greatest |w_j|, a part of it for one, and 0 for the rest
 * and t, or the |w_j| from which on coordinates move, follows from the wanted rise. */
#include "attack/boundary.h"

#include <math.h>
#include <string.h>

/* `up` is 1 to raise w . x, -1 to lower it. */
static inline double room(const bwi_ball *box, float x, float w, double up) {
  return up * (double)w > 0 ? (double)box->upper - (double)x : (double)x - (double)box->lower;
}

/* How a coordinate's step grows with t. */
static inline double pull(const bwi_ball *box, double size) {
  return box->norm == BW_LINF ? 1 : size;
}

/* Starting below the solution, each pass solves for t as if only the coordinates that the box holds back now
 * were held back; t grows to the solution in as many passes as that set changes. */
static double solve(const bwi_ball *box, const float *x, const float *w, double gain, double up) {
  double t = 0;
  for (uint64_t held_before = UINT64_MAX;;) {
    double slope = 0, held_gain = 0;
    uint64_t held = 0;
    for (uint64_t j = 0; j < box->d; j++) {
      const double size = fabs((double)w[j]), limit = room(box, x[j], w[j], up);
      const bool is_held = t * pull(box, size) >= limit;
      held += is_held;
      held_gain += is_held ? size * limit : 0;
      slope += is_held ? 0 : size * pull(box, size);
    }
    if (held == held_before || !(slope > 0)) return t;
    held_before = held;
    t = (gain - held_gain) / slope;
  }
}

/* ---- L1 ---- */

/* |w| as an integer of the same order. */
static inline uint32_t order_of(float w) {
  uint32_t bits;
  memcpy(&bits, &w, sizeof bits);
  return bits & 0x7FFFFFFF;
}

/* What the coordinates of greater |w| than the bar give when all of them go as far as the box lets them. */
static double gain_above(const bwi_ball *box, const float *x, const float *w, double up, uint32_t bar) {
  double gain = 0;
  for (uint64_t j = 0; j < box->d; j++)
    gain += order_of(w[j]) > bar ? fabs((double)w[j]) * room(box, x[j], w[j], up) : 0;
  return gain;
}

/* The least bar above which the coordinates do not give more than is wanted, by bisection of its bits. */
static uint32_t bar_of(const bwi_ball *box, const float *x, const float *w, double gain, double up) {
  uint32_t low = 0, high = 0;
  for (uint64_t j = 0; j < box->d; j++) high = order_of(w[j]) > high ? order_of(w[j]) : high;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (gain_above(box, x, w, up, middle) <= gain)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

static void step_l1(const bwi_ball *box, const float *x, const float *w, double gain, double up,
                    float *step) {
  const uint32_t bar = bar_of(box, x, w, gain, up);
  double left = gain - gain_above(box, x, w, up, bar);
  for (uint64_t j = 0; j < box->d; j++) {
    const double size = fabs((double)w[j]);
    double length = order_of(w[j]) > bar ? room(box, x[j], w[j], up) : 0;
    if (order_of(w[j]) == bar && size > 0) {
      length = fmin(room(box, x[j], w[j], up), left / size);
      left -= length * size;
    }
    step[j] = (float)copysign(length, up * (double)w[j]);
  }
}

void bwi_boundary_step(const bwi_ball *box, const float *x, const float *w, double rise, float *step) {
  const double gain = fabs(rise), up = rise < 0 ? -1 : 1;
  if (box->norm == BW_L1) {
    step_l1(box, x, w, gain, up, step);
    return;
  }
  const double t = solve(box, x, w, gain, up);
  for (uint64_t j = 0; j < box->d; j++) {
    const double limit = room(box, x[j], w[j], up), free = t * pull(box, fabs((double)w[j]));
    step[j] = w[j] == 0 ? 0 : (float)copysign(free < limit ? free : limit, up * (double)w[j]);
  }
}
