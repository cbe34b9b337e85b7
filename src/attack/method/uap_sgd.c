/* SPDX-License-Identifier: Apache-2.0 */
/* A universal perturbation by stochastic ascent of the mean loss (Shafahi et al. 2020): each step is the
 * steepest one of the norm for the mean gradient of a minibatch. The loss is clipped, lest samples that are
 * fooled already make the gradient. */
#include <math.h>

#include "attack/ascent.h"
#include "attack/universal.h"

enum { BLOCK = 64 };

/* The mean of the gradients at rows [0, n), samples in order. What the box would undo is no wish of a sample.
 */
static void average(bwi_fitting *f, uint64_t n) {
  const uint64_t d = f->ball.d;
  for (uint64_t first = 0; first < d; first += BLOCK) {
    const uint64_t count = d - first < BLOCK ? d - first : BLOCK;
    double sums[BLOCK] = {0};
    for (uint64_t k = 0; k < n; k++) {
      const float *x = f->x + k * d + first, *slope = f->slope + k * d + first;
      for (uint64_t j = 0; j < count; j++) {
        const bool is_void = (x[j] <= f->lower && slope[j] < 0) || (x[j] >= f->upper && slope[j] > 0);
        sums[j] += is_void ? 0 : (double)slope[j];
      }
    }
    for (uint64_t j = 0; j < count; j++) f->mean[first + j] = (float)(sums[j] / (double)n);
  }
}

static bw_status fit(bwi_fitting *f, bw_error *err) {
  const bw_attack *attack = f->attack;
  const uint64_t d = f->ball.d, size = (uint64_t)bwi_attack_value(attack, "minibatch", 100);
  const uint32_t n_passes = (uint32_t)bwi_attack_value(attack, "passes", 10);
  const double decay = bwi_attack_value(attack, "decay", 0.8), most = bwi_attack_value(attack, "clip", 9);
  const bwi_ascent how = bwi_ascent_of(attack, d);
  double step = (double)how.step;
  BW_TRY(bwi_fitting_begin(f, size < f->n ? size : f->n, n_passes * f->n, err));
  for (uint32_t pass = 0; pass < n_passes; pass++) {
    step *= decay;
    for (uint64_t first = 0; first < f->n; first += size) {
      const uint64_t n = f->n - first < size ? f->n - first : size;
      for (uint64_t k = 0; k < n; k++)
        bwi_universal_add(d, f->subjects[first + k].clean, f->universal, f->lower, f->upper, f->x + k * d);
      BW_TRY(bwi_fit_climb(f, first, n, most, err));
      average(f, n);
      bwi_ball_ascend(&f->ball, f->zero, f->mean, (float)step, how.n_moved, f->universal, f->scratch[0]);
    }
  }
  return BW_OK;
}

/* The whole way across the ball: the steps of later passes are shorter. */
static double usual(const bw_attack *attack, const char *option) {
  (void)option;
  return attack->eps;
}

static const bw_option_info options[] = {
    {"passes", "passes over the samples", NULL, BW_OPTION_INTEGER, 1, 10000, 10, NULL},
    BWI_MINIBATCH(100),
    BWI_STEP("length of a step before the first decay (default: eps)"),
    {"decay", "of the step, before each pass", NULL, BW_OPTION_REAL, 0, 1, 0.8, NULL},
    BWI_LOSS,
    {"clip", "loss from which on a sample has no say", NULL, BW_OPTION_REAL, -1e9, 1e9, 9, NULL},
    BWI_TOWARDS,
    BWI_FIT,
    BWI_SPARSITY,
};

const bwi_attack_class bwi_uap_sgd = {
    .info = {.name = "uap-sgd",
             .title = "Universal perturbation by stochastic gradients",
             .summary = "Climbs the mean clipped loss of minibatches with one perturbation for all samples; "
                        "it is made from samples that it is then reported on, unless some are held out.",
             .paper = "Shafahi, Najibi, Xu, Dickerson, Davis, Goldstein 2020, Universal adversarial training",
             .access = BW_ACCESS_GRADIENT,
             .norms = BWI_CONVEX_NORMS,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 72,
    .check = bwi_check_towards,
    .derive = usual,
    .fit = fit,
    .run = bwi_universal_run,
};
