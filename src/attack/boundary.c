/* SPDX-License-Identifier: Apache-2.0 */
/* Exact projections onto hyperplane and box together (Croce and Hein 2020, FAB, section 2.2). With room_j how
 * far the box lets coordinate j go in the direction in which w . x changes as wanted, the optimum is
 *   Linf: step_j = min(t, room_j)          L2: step_j = min(t |w_j|, room_j)
 *   L1: step_j = room_j for the greatest |w_j|, a part of it for one, and 0 for the rest
 * and t, or the |w_j| from which on coordinates move, follows from the wanted rise. */
#include "attack/boundary.h"

#include <math.h>
#include <string.h>

#define LANES 8 /* partial sums that the compiler can keep in vectors; fixed, so that sums never change */

static double sum_lanes(const double lanes[LANES]) {
  double sum = 0;
  for (int k = 0; k < LANES; k++) sum += lanes[k];
  return sum;
}

/* How far the box lets each coordinate go; `up` is 1 to raise w . x, -1 to lower it. Here and below, choices
 * are products with 0 or 1, which need no branch. */
static void find_room(const bwi_ball *box, const float *restrict x, const float *restrict w, float up,
                      float *restrict room) {
  const float lower = box->lower, upper = box->upper;
  for (uint64_t j = 0; j < box->d; j++) {
    const float above = upper - x[j], below = x[j] - lower;
    const float rises = (float)(up * w[j] > 0);
    room[j] = rises * above + (1 - rises) * below;
  }
}

/* Starting below the solution, each pass solves for t as if only the coordinates that the box holds back now
 * were held back; t grows to the solution in as many passes as that set changes. `is_flat`: a coordinate's
 * step does not grow with its |w|. */
static inline double solve(uint64_t d, const float *restrict room, const float *restrict w, double gain,
                           bool is_flat) {
  double t = 0;
  for (double held_before = -1;;) {
    double slopes[LANES] = {0}, held_gains[LANES] = {0}, held[LANES] = {0};
    for (uint64_t j = 0; j < d; j++) {
      const double size = fabs((double)w[j]), limit = (double)room[j], pull = is_flat ? 1 : size;
      const double is_held = (double)(t * pull >= limit);
      held[j % LANES] += is_held;
      held_gains[j % LANES] += is_held * size * limit;
      slopes[j % LANES] += (1 - is_held) * size * pull;
    }
    const double n_held = sum_lanes(held), slope = sum_lanes(slopes);
    if (n_held == held_before || !(slope > 0)) return t;
    held_before = n_held;
    t = (gain - sum_lanes(held_gains)) / slope;
  }
}

static inline double sign(float value) {
  return (double)(value > 0) - (double)(value < 0);
}

static void step_dense(uint64_t d, const float *w, double gain, double up, bool is_flat, float *step) {
  const double t = is_flat ? solve(d, step, w, gain, true) : solve(d, step, w, gain, false);
  for (uint64_t j = 0; j < d; j++) {
    const double limit = (double)step[j], free = is_flat ? t : t * fabs((double)w[j]);
    step[j] = (float)(up * sign(w[j]) * (free < limit ? free : limit));
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
static double gain_above(uint64_t d, const float *room, const float *w, uint32_t bar) {
  double lanes[LANES] = {0};
  for (uint64_t j = 0; j < d; j++) {
    const double whole = fabs((double)w[j]) * (double)room[j];
    lanes[j % LANES] += order_of(w[j]) > bar ? whole : 0;
  }
  return sum_lanes(lanes);
}

/* The least bar above which the coordinates do not give more than is wanted, by bisection of its bits. */
static uint32_t bar_of(uint64_t d, const float *room, const float *w, double gain) {
  uint32_t low = 0, high = 0;
  for (uint64_t j = 0; j < d; j++) high = order_of(w[j]) > high ? order_of(w[j]) : high;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (gain_above(d, room, w, middle) <= gain)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

static void step_l1(uint64_t d, const float *w, double gain, double up, float *step) {
  const uint32_t bar = bar_of(d, step, w, gain);
  double left = gain - gain_above(d, step, w, bar);
  for (uint64_t j = 0; j < d; j++) {
    const double size = fabs((double)w[j]);
    double length = order_of(w[j]) > bar ? (double)step[j] : 0;
    if (order_of(w[j]) == bar && size > 0) {
      length = fmin((double)step[j], left / size);
      left -= length * size;
    }
    step[j] = (float)copysign(length, up * (double)w[j]);
  }
}

/* step holds the room of each coordinate on the way. */
void bwi_boundary_step(const bwi_ball *box, const float *x, const float *w, double rise, float *step) {
  const double gain = fabs(rise), up = rise < 0 ? -1 : 1;
  find_room(box, x, w, (float)up, step);
  if (box->norm == BW_L1)
    step_l1(box->d, w, gain, up, step);
  else
    step_dense(box->d, w, gain, up, box->norm == BW_LINF, step);
}
