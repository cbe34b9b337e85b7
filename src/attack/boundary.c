/* SPDX-License-Identifier: Apache-2.0 */
/* Exact projections onto hyperplane and box together (Croce and Hein 2020, FAB, section 2.2). With room_j how
 * far the box lets coordinate j go in the direction in which w . x changes as wanted, the optimum is
 *   Linf: step_j = min(t, room_j)          L2: step_j = min(t |w_j|, room_j)
 *   L1: step_j = room_j for the greatest |w_j|, a part of it for one, and 0 for the rest
 * and t, or the |w_j| from which on coordinates move, follows from the wanted rise. */
#include "attack/boundary.h"

#include <math.h>
#include <string.h>

#include "base/clones.h"

/* Numbers side by side; as many whatever the processor, so that sums never change. */
enum { LANES = 8 };
typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));
typedef int64_t masks __attribute__((vector_size(LANES * sizeof(int64_t))));
typedef float floats __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t orders __attribute__((vector_size(LANES * sizeof(int32_t))));

/* The next of n numbers; zeros behind the last. */
BWI_INTO_CLONES void load(floats *out, const float *row, uint64_t n) {
  if (n >= LANES) {
    memcpy(out, row, sizeof *out);
    return;
  }
  *out = (floats){0};
  for (uint64_t k = 0; k < n; k++) (*out)[k] = row[k];
}

BWI_INTO_CLONES void load_size(lanes *out, const float *row, uint64_t n) {
  floats read;
  load(&read, row, n);
  *out = (lanes)((masks) __builtin_convertvector(read, lanes) & INT64_MAX);
}

BWI_INTO_CLONES double sum_lanes(const lanes *terms) {
  double sum = 0;
  for (int k = 0; k < LANES; k++) sum += (*terms)[k];
  return sum;
}

/* How far the box lets each coordinate go; `up` is 1 to raise w . x, -1 to lower it. The choice
 * is a product with 0 or 1, which needs no branch. */
BWI_INTO_CLONES void find_room(const bwi_ball *box, const float *restrict x, const float *restrict w,
                               float up, float *restrict room) {
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
BWI_INTO_CLONES double solve(uint64_t d, const float *room, const float *w, double gain, bool is_flat) {
  double t = 0;
  for (int64_t held_before = -1;;) {
    lanes slopes = {0}, held_gains = {0};
    masks held = {0};
    for (uint64_t j = 0; j < d; j += LANES) {
      lanes size, limit;
      load_size(&size, w + j, d - j);
      load_size(&limit, room + j, d - j);
      const lanes pull = is_flat ? (lanes){0} + 1 : size;
      const masks is_held = t * pull >= limit;
      held -= is_held;
      held_gains += (lanes)((masks)(size * limit) & is_held);
      slopes += (lanes)((masks)(size * pull) & ~is_held);
    }
    int64_t n_held = 0;
    for (int k = 0; k < LANES; k++) n_held += held[k];
    const double slope = sum_lanes(&slopes);
    if (n_held == held_before || !(slope > 0)) return t;
    held_before = n_held;
    t = (gain - sum_lanes(&held_gains)) / slope;
  }
}

BWI_INTO_CLONES double sign(float value) {
  return (double)(value > 0) - (double)(value < 0);
}

BWI_INTO_CLONES void step_dense(uint64_t d, const float *w, double gain, double up, bool is_flat,
                                float *step) {
  const double t = is_flat ? solve(d, step, w, gain, true) : solve(d, step, w, gain, false);
  for (uint64_t j = 0; j < d; j++) {
    const double limit = (double)step[j], free = is_flat ? t : t * fabs((double)w[j]);
    step[j] = (float)(up * sign(w[j]) * (free < limit ? free : limit));
  }
}

/* ---- L1 ---- */

/* |w| as an integer of the same order. */
BWI_INTO_CLONES int32_t order_of(float w) {
  int32_t bits;
  memcpy(&bits, &w, sizeof bits);
  return bits & INT32_MAX;
}

/* What the coordinates of greater |w| than the bar give when all of them go as far as the box lets them. */
BWI_INTO_CLONES double gain_above(uint64_t d, const float *room, const float *w, int32_t bar) {
  lanes gains = {0};
  for (uint64_t j = 0; j < d; j += LANES) {
    lanes size, limit;
    floats slope;
    load(&slope, w + j, d - j);
    load_size(&size, w + j, d - j);
    load_size(&limit, room + j, d - j);
    const masks counts = __builtin_convertvector(((orders)slope & INT32_MAX) > bar, masks);
    gains += (lanes)((masks)(size * limit) & counts);
  }
  return sum_lanes(&gains);
}

/* The least bar above which the coordinates do not give more than is wanted, by bisection of its bits. */
BWI_INTO_CLONES int32_t bar_of(uint64_t d, const float *room, const float *w, double gain) {
  int32_t low = 0, high = 0;
  for (uint64_t j = 0; j < d; j++) high = order_of(w[j]) > high ? order_of(w[j]) : high;
  while (low < high) {
    const int32_t middle = low + (high - low) / 2;
    if (gain_above(d, room, w, middle) <= gain)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

BWI_INTO_CLONES void step_l1(uint64_t d, const float *w, double gain, double up, float *step) {
  const int32_t bar = bar_of(d, step, w, gain);
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
BWI_CLONES void find_step(const bwi_ball *box, const float *x, const float *w, double rise, float *step) {
  const double gain = fabs(rise), up = rise < 0 ? -1 : 1;
  find_room(box, x, w, (float)up, step);
  if (box->norm == BW_L1)
    step_l1(box->d, w, gain, up, step);
  else
    step_dense(box->d, w, gain, up, box->norm == BW_LINF, step);
}

void bwi_boundary_step(const bwi_ball *box, const float *x, const float *w, double rise, float *step) {
  find_step(box, x, w, rise, step);
}
