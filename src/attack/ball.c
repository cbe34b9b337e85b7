/* SPDX-License-Identifier: Apache-2.0 */
/* Exact projections onto ball and box together. With c the clean sample, z the point to project and room_i
 * how far the box lets coordinate i go from c_i towards z_i, both come down to one number:
 *   L2: x_i = c_i +- min(t |z_i - c_i|, room_i), t in (0, 1]
 *   L1: x_i = c_i +- min(max(|z_i - c_i| - t, 0), room_i), t >= 0
 * (the optimality conditions of the projection), so that the length is the radius. Each pass is O(d). */
#include "attack/ball.h"

#include <float.h>
#include <math.h>

#include "base/clones.h"

/* Not fmin and fmax: those are calls, for the sake of NaN. */
static inline double least(double a, double b) {
  return a < b ? a : b;
}

static inline double above_zero(double value) {
  return value > 0 ? value : 0;
}

/* Half a unit in the last place of the largest coordinate: adding a perturbation to a sample rounds by it. */
static double rounding(const bwi_ball *ball) {
  return fmax(fabs((double)ball->lower), fabs((double)ball->upper)) * 0.5 * FLT_EPSILON;
}

static float linf_radius(const bwi_ball *ball) {
  const double radius = ball->radius - rounding(ball);
  return radius > 0 ? nextafterf((float)radius, 0) : 0;
}

/* The rounding of many coordinates averages out: their lengths sum like a random walk, of which the bound is
 * four standard deviations. */
static double inner_radius(const bwi_ball *ball) {
  const double walk = 2.4 * rounding(ball) * (ball->norm == BW_L1 ? sqrt((double)ball->d) : 1);
  return above_zero(ball->radius * (1 - 0x1p-22) - walk);
}

static inline float clamp(float value, float low, float high) {
  value = value > low ? value : low;
  return value < high ? value : high;
}

double bwi_ball_covering(bw_norm norm, float lower, float upper, uint64_t d) {
  const double width = (double)upper - (double)lower;
  switch (norm) {
    case BW_LINF: return width;
    case BW_L2: return width * sqrt((double)d);
    case BW_L1: return width * (double)d;
    case BW_L0: break;
  }
  return (double)d;
}

double bwi_ball_width(const bwi_ball *ball) {
  return (double)ball->upper - (double)ball->lower;
}

bw_norm bwi_dual(bw_norm norm) {
  return norm == BW_LINF ? BW_L1 : norm == BW_L1 ? BW_LINF : BW_L2;
}

/* Partial results that the compiler can keep in vectors; fixed, so that sums never change. */
#define LANES 8

static inline double plus(double a, double b) {
  return a + b;
}

/* NaN stays. */
static inline double greatest(double a, double b) {
  return ((a > b) | (a != a)) != 0 ? a : b;
}

static double sum_lanes(const double lanes[LANES]) {
  double sum = 0;
  for (int k = 0; k < LANES; k++) sum += lanes[k];
  return sum;
}

/* All term(a[j], b[j]) combined, of which none is negative. In blocks, for compilers see no vectors in the
 * index j % LANES. */
static inline double fold(uint64_t d, const float *a, const float *b, double (*term)(float, float),
                          double (*combine)(double, double)) {
  double lanes[LANES] = {0};
  uint64_t j = 0;
  for (; j + LANES <= d; j += LANES)
    for (uint64_t k = 0; k < LANES; k++) lanes[k] = combine(lanes[k], term(a[j + k], b[j + k]));
  for (; j < d; j++) lanes[j % LANES] = combine(lanes[j % LANES], term(a[j], b[j]));
  for (uint64_t k = 1; k < LANES; k++) lanes[0] = combine(lanes[0], lanes[k]);
  return lanes[0];
}

static inline double squared_difference(float a, float b) {
  const double delta = (double)a - (double)b;
  return delta * delta;
}

static inline double absolute_difference(float a, float b) {
  return fabs((double)a - (double)b);
}

static inline double product(float a, float b) {
  return (double)a * (double)b;
}

static inline double absolute(float a, float b) {
  (void)b;
  return fabs((double)a);
}

static inline double is_not_zero(float a, float b) {
  (void)b;
  return fabs((double)a) > 0;
}

static inline double distance_l2(uint64_t d, const float *a, const float *b) {
  return sqrt(fold(d, a, b, squared_difference, plus));
}

static inline double distance_linf(uint64_t d, const float *a, const float *b) {
  return fold(d, a, b, absolute_difference, greatest);
}

static double distance_l0(uint64_t d, const float *a, const float *b) {
  uint64_t n_different = 0;
  for (uint64_t j = 0; j < d; j++) {
    if (isnan(a[j]) || isnan(b[j])) return NAN;
    n_different += a[j] != b[j];
  }
  return (double)n_different;
}

BWI_CLONES double distance(bw_norm norm, uint64_t d, const float *a, const float *b) {
  switch (norm) {
    case BW_LINF: return distance_linf(d, a, b);
    case BW_L2: return distance_l2(d, a, b);
    case BW_L1: return fold(d, a, b, absolute_difference, plus);
    case BW_L0: break;
  }
  return distance_l0(d, a, b);
}

BWI_CLONES double length(bw_norm norm, uint64_t d, const float *v) {
  switch (norm) {
    case BW_LINF: return fold(d, v, v, absolute, greatest);
    case BW_L2: return sqrt(fold(d, v, v, product, plus));
    case BW_L1: return fold(d, v, v, absolute, plus);
    case BW_L0: break;
  }
  return fold(d, v, v, is_not_zero, plus);
}

double bwi_distance(bw_norm norm, uint64_t d, const float *a, const float *b) {
  return distance(norm, d, a, b);
}

double bwi_length(bw_norm norm, uint64_t d, const float *v) {
  return length(norm, d, v);
}

bool bwi_ball_holds(const bwi_ball *ball, const float *clean, const float *x) {
  const float lower = ball->lower, upper = ball->upper;
  int inside = 1;
  for (uint64_t j = 0; j < ball->d; j++) inside &= (x[j] >= lower) & (x[j] <= upper);
  return inside && bwi_distance(ball->norm, ball->d, x, clean) <= ball->radius * (1 + 1e-6);
}

/* ---- projection ---- */

static void project_linf(const bwi_ball *ball, const float *restrict clean, float *restrict x) {
  const float radius = linf_radius(ball), lower = ball->lower, upper = ball->upper;
  for (uint64_t j = 0; j < ball->d; j++)
    x[j] = clamp(clamp(x[j], clean[j] - radius, clean[j] + radius), lower, upper);
}

/* How far the box lets a coordinate go from clean in the direction of delta. */
static inline double room(const bwi_ball *ball, float clean, double delta) {
  return delta > 0 ? (double)ball->upper - (double)clean : (double)clean - (double)ball->lower;
}

/* Starting below the solution, each pass solves for the scale as if only the coordinates that the box holds
 * back now were held back; the scale grows to the solution in as many passes as that set changes. */
static double scale_l2(const bwi_ball *ball, const float *clean, const float *x) {
  const double radius = inner_radius(ball);
  double whole[LANES] = {0}, boxed[LANES] = {0};
  for (uint64_t j = 0; j < ball->d; j++) {
    const double delta = (double)x[j] - (double)clean[j];
    const double kept = least(fabs(delta), room(ball, clean[j], delta));
    whole[j % LANES] += delta * delta;
    boxed[j % LANES] += kept * kept;
  }
  if (sum_lanes(boxed) <= radius * radius) return 1;
  double scale = radius / sqrt(sum_lanes(whole));
  for (uint64_t held_before = 0;;) {
    double free_square = 0, held_square = 0;
    uint64_t held = 0;
    for (uint64_t j = 0; j < ball->d; j++) {
      const double delta = (double)x[j] - (double)clean[j], limit = room(ball, clean[j], delta);
      if (scale * fabs(delta) < limit) {
        free_square += delta * delta;
      } else {
        held_square += limit * limit;
        held++;
      }
    }
    if (held == held_before || free_square == 0) return scale;
    held_before = held;
    scale = sqrt((radius * radius - held_square) / free_square);
  }
}

static void shrink(const bwi_ball *ball, const float *restrict clean, double scale, float *restrict x) {
  const float lower = ball->lower, upper = ball->upper;
  for (uint64_t j = 0; j < ball->d; j++) {
    const double delta = (double)x[j] - (double)clean[j];
    x[j] = clamp((float)((double)clean[j] + scale * delta), lower, upper);
  }
}

static void project_l2(const bwi_ball *ball, const float *clean, float *x) {
  shrink(ball, clean, scale_l2(ball, clean, x), x);
}

/* The length that is left after shrinking every coordinate by `threshold`, and how many of them a small
 * change of the threshold would move. */
static double shrunk_length(const bwi_ball *ball, const float *clean, const float *x, double threshold,
                            uint64_t *n_free) {
  double lanes[LANES] = {0};
  uint64_t count = 0;
  for (uint64_t j = 0; j < ball->d; j++) {
    const double delta = (double)x[j] - (double)clean[j], limit = room(ball, clean[j], delta);
    const double left = above_zero(fabs(delta) - threshold);
    count += left > 0 && left < limit;
    lanes[j % LANES] += least(left, limit);
  }
  *n_free = count;
  return sum_lanes(lanes);
}

/* Newton's method kept inside a bracket: the length falls piecewise linearly with the threshold, and is
 * neither convex nor concave because of the box. */
static double threshold_l1(const bwi_ball *ball, const float *clean, const float *x) {
  const double radius = inner_radius(ball);
  uint64_t n_free = 0;
  double length = shrunk_length(ball, clean, x, 0, &n_free);
  if (length <= radius) return 0;
  double low = 0, high = distance_linf(ball->d, x, clean), at = 0;
  for (int pass = 0; pass < 100 && high - low > 1e-12 * high; pass++) {
    const double newton = at + (length - radius) / (double)(n_free > 0 ? n_free : 1);
    at = n_free > 0 && newton > low && newton < high ? newton : 0.5 * (low + high);
    length = shrunk_length(ball, clean, x, at, &n_free);
    if (fabs(length - radius) <= 1e-9 * radius) return at;
    if (length > radius)
      low = at;
    else
      high = at;
  }
  return high;
}

static void project_l1(const bwi_ball *ball, const float *clean, float *x) {
  const double threshold = threshold_l1(ball, clean, x);
  for (uint64_t j = 0; j < ball->d; j++) {
    const double delta = (double)x[j] - (double)clean[j];
    const double left = above_zero(fabs(delta) - threshold);
    x[j] = clamp((float)((double)clean[j] + copysign(left, delta)), ball->lower, ball->upper);
  }
}

void bwi_ball_project(const bwi_ball *ball, const float *clean, float *x) {
  if (ball->norm == BW_LINF)
    project_linf(ball, clean, x);
  else if (ball->norm == BW_L2)
    project_l2(ball, clean, x);
  else
    project_l1(ball, clean, x);
}

static void clip_l2(const bwi_ball *ball, const float *clean, float *x) {
  const double radius = inner_radius(ball), length = distance_l2(ball->d, x, clean);
  shrink(ball, clean, length > radius ? radius / length : 1, x);
}

void bwi_ball_clip(const bwi_ball *ball, const float *clean, float *x) {
  if (ball->norm == BW_L2)
    clip_l2(ball, clean, x);
  else
    bwi_ball_project(ball, clean, x);
}

void bwi_ball_stretch(const bwi_ball *ball, const float *restrict clean, float *restrict x) {
  const double length = distance_l2(ball->d, x, clean);
  const float scale = length > 0 ? (float)(ball->radius / length) : 0;
  for (uint64_t j = 0; j < ball->d; j++)
    x[j] = clamp(clean[j] + scale * (x[j] - clean[j]), ball->lower, ball->upper);
}

/* ---- ascent ---- */

static inline float sign(float value) {
  return (float)(value > 0) - (float)(value < 0);
}

/* Step, ball and box in one pass: for a small network this loop is a visible part of an iteration. */
static void ascend_linf(const bwi_ball *ball, const float *restrict clean, const float *restrict slope,
                        float step, float *restrict x) {
  const float radius = linf_radius(ball), lower = ball->lower, upper = ball->upper;
  for (uint64_t j = 0; j < ball->d; j++) {
    const float low = clean[j] - radius, high = clean[j] + radius;
    x[j] = clamp(clamp(x[j] + step * sign(slope[j]), low, high), lower, upper);
  }
}

static void move_l2(const bwi_ball *ball, const float *restrict slope, float step, float *restrict x) {
  const double length = bwi_length(BW_L2, ball->d, slope);
  if (!(length > 0) || !isfinite(length)) return;
  const double scale = (double)step / length; /* double: the length may be below the floats */
  for (uint64_t j = 0; j < ball->d; j++) x[j] += (float)(scale * (double)slope[j]);
}

/* Hoare's selection. */
float bwi_kth_greatest(float *values, uint64_t n, uint64_t k) {
  uint64_t first = 0, last = n - 1;
  while (first < last) {
    const float pivot = values[first + (last - first) / 2];
    uint64_t i = first, j = last;
    while (i <= j) {
      while (values[i] > pivot) i++;
      while (values[j] < pivot) j--;
      if (i > j) break;
      const float swapped = values[i];
      values[i++] = values[j];
      values[j] = swapped;
      if (j == 0) break;
      j--;
    }
    if (k - 1 <= j && j < last)
      last = j;
    else if (k - 1 >= i)
      first = i;
    else
      return values[k - 1];
  }
  return values[first];
}

static void move_l1(const bwi_ball *ball, const float *slope, float step, uint64_t n_moved, float *x,
                    float *score) {
  uint64_t n_able = 0;
  for (uint64_t j = 0; j < ball->d; j++) {
    const bool able = slope[j] > 0 ? x[j] < ball->upper : slope[j] < 0 && x[j] > ball->lower;
    if (able) score[n_able++] = fabsf(slope[j]);
  }
  if (n_able == 0) return;
  if (n_moved > n_able) n_moved = n_able;
  const float bar = bwi_kth_greatest(score, n_able, n_moved);
  uint64_t n_above = 0;
  for (uint64_t j = 0; j < n_able; j++) n_above += score[j] > bar;
  uint64_t n_equal = n_moved - n_above; /* of the coordinates that share the bar, the first ones */
  const float length = step / (float)n_moved;
  for (uint64_t j = 0; j < ball->d; j++) {
    const float size = fabsf(slope[j]);
    const bool able = slope[j] > 0 ? x[j] < ball->upper : slope[j] < 0 && x[j] > ball->lower;
    if (!able || size < bar || (size == bar && n_equal == 0)) continue;
    if (size == bar) n_equal--;
    x[j] += length * sign(slope[j]);
  }
}

static void move_linf(const bwi_ball *ball, const float *restrict slope, float step, float *restrict x) {
  for (uint64_t j = 0; j < ball->d; j++) x[j] += step * sign(slope[j]);
}

void bwi_ball_step(const bwi_ball *ball, const float *slope, float step, uint64_t n_moved, float *x,
                   float *scratch) {
  if (ball->norm == BW_LINF)
    move_linf(ball, slope, step, x);
  else if (ball->norm == BW_L2)
    move_l2(ball, slope, step, x);
  else
    move_l1(ball, slope, step, n_moved, x, scratch);
}

void bwi_ball_ascend(const bwi_ball *ball, const float *clean, const float *slope, float step,
                     uint64_t n_moved, float *x, float *scratch) {
  if (ball->norm == BW_LINF) {
    ascend_linf(ball, clean, slope, step, x);
    return;
  }
  bwi_ball_step(ball, slope, step, n_moved, x, scratch);
  bwi_ball_project(ball, clean, x);
}

void bwi_ball_keep_greatest(const bwi_ball *ball, const float *clean, float *x, float *scratch) {
  const uint64_t n_kept = (uint64_t)ball->radius;
  if (n_kept >= ball->d) return;
  for (uint64_t j = 0; j < ball->d; j++) scratch[j] = fabsf(x[j] - clean[j]);
  const float bar = n_kept > 0 ? bwi_kth_greatest(scratch, ball->d, n_kept) : INFINITY;
  uint64_t n_equal = n_kept; /* of the changes as great as the bar, so many are kept */
  for (uint64_t j = 0; j < ball->d; j++) n_equal -= fabsf(x[j] - clean[j]) > bar;
  for (uint64_t j = 0; j < ball->d; j++) {
    const float size = fabsf(x[j] - clean[j]);
    if (size < bar || (size == bar && n_equal == 0))
      x[j] = clean[j];
    else
      n_equal -= size == bar;
  }
}

/* ---- random points ---- */

/* A Laplacian from a uniform number in (-1, 1): the logarithm of its size, with its sign. */
static void laplacian(uint64_t d, float *x) {
  for (uint64_t j = 0; j < d; j++) {
    const double size = -log(fmax(fabs((double)x[j]), 0x1p-25));
    x[j] = (float)copysign(size, (double)x[j]);
  }
}

/* x is a direction; it becomes the point at that length from clean, clamped to the box. */
static void place_at_length(const bwi_ball *ball, const float *clean, double wanted, float *x) {
  const double length = bwi_length(ball->norm, ball->d, x);
  const double scale = length > 0 ? wanted / length : 0;
  for (uint64_t j = 0; j < ball->d; j++)
    x[j] = clamp((float)((double)clean[j] + scale * (double)x[j]), ball->lower, ball->upper);
}

void bwi_ball_random(const bwi_ball *ball, const float *clean, bwi_rng_key key, uint32_t draw, float *x) {
  if (ball->norm == BW_LINF) {
    const float radius = linf_radius(ball);
    bwi_rng_uniform(x, ball->d, key, draw, -radius, radius);
    for (uint64_t j = 0; j < ball->d; j++) x[j] = clamp(clean[j] + x[j], ball->lower, ball->upper);
    return;
  }
  if (ball->norm == BW_L2) {
    bwi_rng_normal(x, ball->d, key, draw);
  } else {
    bwi_rng_uniform(x, ball->d, key, draw, -1, 1);
    laplacian(ball->d, x);
  }
  place_at_length(ball, clean, inner_radius(ball), x);
}

void bwi_ball_random_rim(const bwi_ball *ball, const float *clean, bwi_rng_key key, uint32_t draw, float *x) {
  if (ball->norm == BW_LINF)
    bwi_rng_uniform(x, ball->d, key, draw, -1, 1);
  else
    bwi_rng_normal(x, ball->d, key, draw);
  place_at_length(ball, clean, ball->norm == BW_LINF ? (double)linf_radius(ball) : inner_radius(ball), x);
}
