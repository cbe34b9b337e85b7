/* SPDX-License-Identifier: Apache-2.0 */
/* Turns and moves a picture (Engstrom et al. 2019): those of a grid, or random ones, within the angle and the
 * way that the options allow. Every one is tried, or all up to the first success. What comes in from outside
 * is zero. */
#include <math.h>

#include "attack/ascent.h"
#include "attack/warp.h"

typedef struct search {
  uint32_t n, n_angles, n_ways; /* n_angles 0: random ones */
  double rotation;              /* the greatest, in radians */
  double translation;           /* the greatest, in pixels */
} search;

static search search_of(const bw_attack *attack) {
  const double pi = acos(-1);
  search s = {.n_angles = (uint32_t)bwi_attack_value(attack, "rotations", 5),
              .n_ways = (uint32_t)bwi_attack_value(attack, "translations", 5),
              .rotation = bwi_attack_value(attack, "rotation", 30) * pi / 180,
              .translation = bwi_attack_value(attack, "translation", 3)};
  s.n = s.n_angles * s.n_ways * s.n_ways;
  const uint32_t n_random = (uint32_t)bwi_attack_value(attack, "random", 0);
  if (n_random == 0) return s;
  s.n = n_random;
  s.n_angles = 0;
  return s;
}

/* Place k of n even ones from -1 to 1. */
static double place(uint32_t k, uint32_t n) {
  return n > 1 ? -1 + 2.0 * k / (n - 1) : 0;
}

static bwi_warp warp_of(const search *s, const bwi_layout *layout, uint32_t k, bwi_rng_key key) {
  double angle = 0, down = 0, right = 0;
  if (s->n_angles > 0) {
    angle = place(k / (s->n_ways * s->n_ways), s->n_angles);
    right = place(k / s->n_ways % s->n_ways, s->n_ways);
    down = place(k % s->n_ways, s->n_ways);
  } else {
    float draw[3];
    bwi_rng_uniform(draw, 3, key, k, -1, 1);
    angle = (double)draw[0];
    right = (double)draw[1];
    down = (double)draw[2];
  }
  return bwi_warp_of(layout, s->rotation * angle, 1, s->translation * down, s->translation * right);
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const search s = search_of(batch->attack);
  const bwi_ball *ball = &batch->ball;
  BW_TRY(bwi_check_is_picture(&batch->layout, batch->attack->class->info.name, err));
  batch->roams = true;
  for (uint32_t k = 0; k < s.n && batch->n > 0; k++) {
    for (uint64_t i = 0; i < batch->n; i++) {
      const bwi_subject *subject = &batch->subjects[i];
      const bwi_warp warp = warp_of(&s, &batch->layout, k, subject->key);
      float *x = batch->x + i * ball->d;
      bwi_warp_show(&batch->layout, &warp, subject->clean, x);
      for (uint64_t j = 0; j < ball->d; j++) x[j] = fminf(fmaxf(x[j], ball->lower), ball->upper);
    }
    BW_TRY(bwi_batch_labels(batch, err));
  }
  return BW_OK;
}

static const bw_option_info options[] = {
    {"rotation", "greatest angle, to either side", "degrees", BW_OPTION_REAL, 0, 180, 30, NULL},
    {"translation", "greatest way up, down, left and right", "pixels", BW_OPTION_REAL, 0, 4096, 3, NULL},
    {"rotations", "angles of the grid", NULL, BW_OPTION_INTEGER, 1, 361, 5, NULL},
    {"translations", "ways of the grid, in each of the two directions", NULL, BW_OPTION_INTEGER, 1, 100, 5,
     NULL},
    {"random", "so many random transformations in place of the grid; 0: the grid", NULL, BW_OPTION_INTEGER, 0,
     1000000, 0, NULL},
    BWI_TARGET,
    {"early_stop", "leave a sample at its first success; without a budget its nearest is sought instead",
     NULL, BW_OPTION_BOOLEAN, 0, 1, NAN, NULL},
};

const bwi_attack_class bwi_spatial = {
    .info = {.name = "spatial",
             .title = "Rotation and translation",
             .summary = "Turns and moves the picture and takes the nearest transformation of a grid that the "
                        "model gets wrong.",
             .paper = "Engstrom, Tran, Tsipras, Schmidt, Madry 2019, Exploring the landscape of spatial "
                      "robustness",
             .access = BW_ACCESS_LABEL,
             .norms = BWI_CONVEX_NORMS | BW_NORM_BIT(BW_L0),
             .nearest = 1,
             .transforms = 1,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 70,
    .derive = bwi_stops_with_budget,
    .run = run,
};
