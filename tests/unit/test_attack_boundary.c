/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/boundary.h"

#include <math.h>
#include <string.h>

#include "support/unit.h"

enum { D = 30, N_DRAWS = 200 };

static const bw_norm norms[] = {BW_LINF, BW_L2, BW_L1};

typedef struct problem {
  bwi_ball box;
  float x[D], w[D];
  double reach; /* the greatest rise that the box allows */
} problem;

/* Points with coordinates on both bounds and slopes with zeros and ties. */
static problem draw_problem(bw_norm norm, uint32_t draw, double up) {
  problem p = {.box = {.norm = norm, .upper = 1, .d = D}};
  const bwi_rng_key key = {.seed = 4, .sample = draw};
  bwi_rng_uniform(p.x, D, key, 0, -0.3F, 1.3F);
  bwi_rng_normal(p.w, D, key, 1);
  for (int j = 0; j < D; j++) {
    p.x[j] = fminf(fmaxf(p.x[j], 0), 1);
    if (j % 7 == 0) p.w[j] = 0;
    if (j % 5 == 1) p.w[j] = p.w[j] > 0 ? 0.75F : -0.75F;
    p.reach += fabs((double)p.w[j]) * (up * (double)p.w[j] > 0 ? 1 - (double)p.x[j] : (double)p.x[j]);
  }
  return p;
}

static double rise_of(const problem *p, const float *step) {
  double sum = 0;
  for (int j = 0; j < D; j++) sum += (double)p->w[j] * (double)step[j];
  return sum;
}

/* What the dual problem says: no step in the box that rises as far is shorter than the greatest of
 * (rise - sum_j room_j max(|w_j| - price_j, 0)) over prices of dual norm 1 and less. The step's own
 * multiplier gives the bound that must be met. */
static double dual_bound(const problem *p, double up, double rise, double multiplier, const float *step) {
  double bound = rise * multiplier, prices = 0, greatest = 0;
  for (int j = 0; j < D; j++) {
    const double size = fabs((double)p->w[j]) * multiplier,
                 room = up * (double)p->w[j] > 0 ? 1 - (double)p->x[j] : (double)p->x[j];
    const bool is_held = fabs((double)step[j]) >= room - 1e-6;
    double price = size;
    if (p->box.norm == BW_L1 && price > 1) price = 1;
    if (p->box.norm != BW_L1 && is_held)
      price = p->box.norm == BW_L2 ? fmin(size, room / bwi_length(BW_L2, D, step)) : 0;
    bound -= room * (size - price);
    prices += p->box.norm == BW_L2 ? price * price : price;
    greatest = fmax(greatest, price);
  }
  const double dual = p->box.norm == BW_LINF ? prices : p->box.norm == BW_L2 ? sqrt(prices) : greatest;
  return bound / fmax(dual, 1);
}

/* The multiplier of the hyperplane, from the coordinates that the box leaves free. */
static double multiplier_of(const problem *p, double up, const float *step) {
  const double length = bwi_length(p->box.norm, D, step);
  double sum = 0, part = 0;
  for (int j = 0; j < D; j++) {
    const double size = fabs((double)p->w[j]), moved = fabs((double)step[j]),
                 room = up * (double)p->w[j] > 0 ? 1 - (double)p->x[j] : (double)p->x[j];
    if (size == 0 || moved >= room - 1e-6) continue;
    if (p->box.norm == BW_LINF) sum += size;
    if (p->box.norm == BW_L2) return moved / (length * size);
    if (p->box.norm == BW_L1) part = fmax(part, size);
  }
  return 1 / (p->box.norm == BW_L1 ? part : sum);
}

static void test_least_step(void **state) {
  (void)state;
  static const double shares[] = {0.01, 0.2, 0.7, 0.95};
  for (size_t k = 0; k < 3; k++)
    for (uint32_t draw = 0; draw < N_DRAWS; draw++) {
      const double up = draw % 2 == 0 ? 1 : -1;
      const problem p = draw_problem(norms[k], draw, up);
      const double rise = shares[draw % 4] * p.reach;
      float step[D];
      bwi_boundary_step(&p.box, p.x, p.w, up * rise, step);
      assert_true(fabs(up * rise_of(&p, step) - rise) < 1e-5 * p.reach);
      for (int j = 0; j < D; j++) {
        assert_true(p.x[j] + step[j] >= -1e-6F && p.x[j] + step[j] <= 1 + 1e-6F);
        if (p.w[j] == 0) assert_true(step[j] == 0);
      }
      const double length = bwi_length(norms[k], D, step),
                   bound = dual_bound(&p, up, rise, multiplier_of(&p, up, step), step);
      /* float32 steps meet a bound computed in double */
      if (fabs(length - bound) > 1e-4 * length)
        fail_msg("norm %d, draw %u: length %g, bound %g", (int)norms[k], (unsigned)draw, length, bound);
    }
}

static void test_out_of_reach(void **state) {
  (void)state;
  for (size_t k = 0; k < 3; k++)
    for (uint32_t draw = 0; draw < 20; draw++) {
      const problem p = draw_problem(norms[k], draw, 1);
      float step[D];
      bwi_boundary_step(&p.box, p.x, p.w, 2 * p.reach, step);
      assert_true(fabs(rise_of(&p, step) - p.reach) < 1e-5 * p.reach);
      for (int j = 0; j < D; j++) assert_true(p.x[j] + step[j] >= 0 && p.x[j] + step[j] <= 1);
    }
}

static void test_no_way_and_no_need(void **state) {
  (void)state;
  const float zero[D] = {0};
  for (size_t k = 0; k < 3; k++) {
    problem p = draw_problem(norms[k], 1, 1);
    float step[D];
    bwi_boundary_step(&p.box, p.x, p.w, 0, step);
    assert_true(bwi_length(BW_LINF, D, step) == 0);
    memset(p.w, 0, sizeof p.w);
    bwi_boundary_step(&p.box, p.x, p.w, 1, step);
    for (int j = 0; j < D; j++) assert_true(step[j] == zero[j]);
  }
}

/* FNV-1a. */
static uint64_t add_bits(uint64_t hash, const void *data, size_t size) {
  const uint8_t *bytes = data;
  for (size_t i = 0; i < size; i++) hash = (hash ^ bytes[i]) * 0x100000001B3;
  return hash;
}

/* However wide the vectors are that the loops were compiled for (base/clones.h): these bits are those of
 * plain C, one number at a time. */
static void test_same_bits_on_every_processor(void **state) {
  (void)state;
  enum { MOST = 785 };
  static const uint64_t sizes[] = {1, 7, 8, 9, 64, MOST};
  float x[MOST], w[MOST], step[MOST];
  uint64_t hash = 0xCBF29CE484222325;
  for (uint32_t draw = 0; draw < 6; draw++) {
    bwi_ball box = {.upper = 1, .d = sizes[draw]};
    bwi_rng_uniform(x, box.d, (bwi_rng_key){.seed = 5, .sample = draw}, 0, 0, 1);
    bwi_rng_uniform(w, box.d, (bwi_rng_key){.seed = 5, .sample = draw}, 1, -1, 1);
    for (size_t k = 0; k < 3; k++) {
      box.norm = norms[k];
      bwi_boundary_step(&box, x, w, draw % 2 == 0 ? 0.1 * (double)box.d : -0.2 * (double)box.d, step);
      const double lengths[] = {bwi_length(norms[k], box.d, step), bwi_distance(norms[k], box.d, x, w)};
      hash = add_bits(hash, step, box.d * sizeof *step);
      hash = add_bits(hash, lengths, sizeof lengths);
    }
  }
  assert_int_equal(hash, 0x089E7D69869F726E);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_least_step),
      cmocka_unit_test(test_out_of_reach),
      cmocka_unit_test(test_no_way_and_no_need),
      cmocka_unit_test(test_same_bits_on_every_processor),
  };
  return cmocka_run_group_tests_name("attack_boundary", tests, NULL, NULL);
}
